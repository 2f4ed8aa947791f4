"""The cores that this process may use: how many, which a container limits, and of what kind."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

GROUPS = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")
PROCESSORS = Path("/proc/cpuinfo")


def available_cores(groups: Path = GROUPS, own_group: Path = OWN_GROUP) -> int:
    """Return how many cores the process may use, at least 1.

    The fewest of those that it is bound to (cpuset, taskset) and of the quotas of its control
    group and those above (``cpu.max`` of version 2, ``cpu.cfs_quota_us`` of version 1). A part of
    a core counts as one. ``groups``: where control groups are mounted; ``own_group``: the file
    that says which the process is in.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min([bound or 1, *map(math.ceil, _quotas(groups, own_group))]))


def processor_name(facts: Path = PROCESSORS) -> str:
    """Return the name of the processor, on which the last digit of a sum may depend.

    ``facts``: the file in which Linux describes it; elsewhere what Python knows.
    """
    for line in _read(facts).splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _quotas(groups: Path, own_group: Path) -> Iterator[float]:
    """Yield the quota in cores of every group that has one."""
    for line in _read(own_group).splitlines():
        _, _, named = line.partition(":")
        controllers, _, path = named.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        own = PurePosixPath(path)
        for group in (own, *own.parents):
            folder = groups / controllers / str(group).lstrip("/")
            quota = _read(folder / "cpu.max") or _version_1(folder)
            allowed, _, period = quota.strip().partition(" ")
            if allowed.isdecimal() and period.isdecimal() and int(period):
                yield int(allowed) / int(period)


def _version_1(folder: Path) -> str:
    return f"{_read(folder / 'cpu.cfs_quota_us').strip()} {_read(folder / 'cpu.cfs_period_us')}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
