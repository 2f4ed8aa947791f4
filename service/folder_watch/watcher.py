"""The watched folder: what is dropped into it goes to the intake, then out of the way."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from radiograde.model.errors import RadiogradeError, UnknownFormatError
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_file import looks_like_dicom
from radiograde.model.reading.raster import picture_format
from radiograde.service.config.site import WatchConfig
from radiograde.service.errors import NoSpaceError, StoreError
from radiograde.service.films.receipt import Intake
from radiograde.service.folder_watch.done_folder import move_aside
from radiograde.service.folder_watch.file_search import FileState, find_files, has_state, read_whole

DONE = "done"
REFUSED = "refused"

POLL_S = 1.0
LONGEST_PAUSE_S = 60.0

log = structlog.get_logger("radiograde.watch")


@dataclass(slots=True)
class Backoff:
    """Grows from one second to a minute with every trouble, and ends when all is well."""

    tries: int = 0
    until: float = 0.0

    def grow(self, now: float) -> float:
        """Return the seconds to wait from ``now``."""
        seconds = min(2.0**self.tries, LONGEST_PAUSE_S)
        self.tries = min(self.tries + 1, 10)
        self.until = now + seconds
        return seconds


@dataclass(slots=True)
class _Seen:
    """A file as long as its stamp stays: since when, and the shelf it belongs on once decided."""

    state: FileState
    since: float
    pause: Backoff = field(default_factory=Backoff)
    folder: str | None = None


class Watcher:
    """Watches one folder by looking into it once a second.

    A file is taken once it has not changed for ``quiet_s``. It is moved only after the intake has
    it, so a crash in between leaves it in the folder, and taking it again is harmless. Files that
    are neither DICOM, PNG nor JPEG, or too large, go to ``refused``. One watcher a folder.
    """

    def __init__(
        self,
        table: WatchConfig,
        intake: Intake,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = table.path
        self._quiet_s = table.quiet_s
        self._intake = intake
        self._limits = limits or Limits()
        self._clock = clock
        self._seen: dict[Path, _Seen] = {}
        self._backoff = Backoff()
        self._taken = 0
        self._refused: Counter[str] = Counter()

    def run(self, stop: threading.Event) -> None:
        """Watch until ``stop`` is set; whatever happens to a file, the watch goes on."""
        while not stop.is_set():
            self.poll(stop)
            stop.wait(POLL_S)

    def poll(self, stop: threading.Event) -> None:
        """Look into the folder once and take what is ready; nothing while a pause lasts."""
        if self._clock() < self._backoff.until:
            return
        try:
            found = find_files(self._root, frozenset({DONE, REFUSED}))
            self._seen = {path: self._noticed(path, state) for path, state in found}
            for path in sorted(self._seen):
                if stop.is_set():
                    break
                self._handle(path, self._seen[path])
            self._backoff = Backoff()
        except (StoreError, NoSpaceError) as error:
            self._wait("intake_away", error.code)
        except OSError as error:
            self._wait("folder_away", type(error).__name__)
        self._tell()

    def _noticed(self, path: Path, state: FileState) -> _Seen:
        seen = self._seen.get(path)
        if seen is None or seen.state != state:
            return _Seen(state, self._clock())
        return seen

    def _handle(self, path: Path, seen: _Seen) -> None:
        now = self._clock()
        if now - seen.since < self._quiet_s or now < seen.pause.until:
            return
        try:
            if seen.folder is None:
                seen.folder = self._decide(path, seen.state)
            if seen.folder is not None and has_state(path, seen.state):
                move_aside(path, self._root, seen.folder)
        except (StoreError, NoSpaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one file must not end the watch
            backoff_s = seen.pause.grow(now)
            log.warning("file_put_off", reason=type(error).__name__, retry_in_s=backoff_s)

    def _decide(self, path: Path, state: FileState) -> str | None:
        """Return the shelf that a file belongs on; None where it changed meanwhile."""
        try:
            self._limits.check_bytes(state.size)
            content = read_whole(path, state)
            if content is None:
                return None
            if not looks_like_dicom(content) and picture_format(content) is None:
                raise UnknownFormatError("Neither DICOM nor PNG nor JPEG.")
            self._intake.accept(content, "folder")
        except (StoreError, NoSpaceError):
            raise
        except RadiogradeError as error:
            self._refused[error.code] += 1
            return REFUSED
        self._taken += 1
        return DONE

    def _wait(self, event: str, reason: str) -> None:
        backoff_s = self._backoff.grow(self._clock())
        log.warning(event, folder=str(self._root), reason=reason, retry_in_s=backoff_s)

    def _tell(self) -> None:
        """Log how many files were taken and refused: not which, for names may be patients'."""
        if self._taken:
            log.info("files_taken", folder=str(self._root), count=self._taken)
        if self._refused:
            reasons = dict(self._refused)
            log.warning("files_refused", folder=str(self._root), reasons=reasons)
        self._taken = 0
        self._refused.clear()
