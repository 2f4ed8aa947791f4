/* The wall clock of a process, moved by the seconds in the file that CLOCK_FILE names.
 * Only what tells the time is replaced; the steady clock and all waiting go on as they were. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_s;

__attribute__((constructor)) static void open_file(void) {
    const char *path = getenv("CLOCK_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *place = file < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);
    if (place != MAP_FAILED) ahead_s = place;
    if (file >= 0) close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    static int (*system_call)(clockid_t, struct timespec *);
    if (!system_call) system_call = dlsym(RTLD_NEXT, "clock_gettime");
    int outcome = system_call(clock, now);
    int tells_time = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    if (!outcome && tells_time && ahead_s) now->tv_sec += *ahead_s;
    return outcome;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now) {
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
