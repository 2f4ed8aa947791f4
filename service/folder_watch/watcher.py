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
from radiograde.model.reading.picture import picture_format
from radiograde.service.backoff import Backoff, RetryTimer
from radiograde.service.config.site import WatchConfig
from radiograde.service.errors import NoSpaceError, StoreError
from radiograde.service.films.intake import Intake
from radiograde.service.folder_watch.watched_files import (
    FileState,
    find_files,
    has_state,
    move_aside,
    read_whole,
)

DONE = "done"
REFUSED = "refused"

POLL_S = 1.0
BACKOFF = Backoff(1.0, 60.0)
"""After the trouble of one file, and of the folder or the intake as a whole."""

log = structlog.get_logger("radiograde.watch")


@dataclass(slots=True)
class _SeenFile:
    """A file as long as its state stays: since when, and the folder it goes to once decided."""

    state: FileState
    since: float
    retry: RetryTimer = field(default_factory=lambda: RetryTimer(BACKOFF))
    folder: str | None = None


class Watcher:
    """Watches one folder by looking into it once a second.

    A file is accepted once it has not changed for ``quiet_s``. It is moved only after the intake
    has it, so a crash in between leaves it in the folder, and accepting it again is harmless.
    Files that are neither DICOM, PNG nor JPEG, or too large, go to ``refused``. One watcher a
    folder.
    """

    def __init__(
        self,
        config: WatchConfig,
        intake: Intake,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = config.path
        self._quiet_s = config.quiet_s
        self._intake = intake
        self._limits = limits
        self._clock = clock
        self._seen: dict[Path, _SeenFile] = {}
        self._retry = RetryTimer(BACKOFF)
        self._accepted = 0
        self._refused: Counter[str] = Counter()

    def run(self, stop: threading.Event) -> None:
        """Watch until ``stop`` is set; whatever happens to a file, the watch goes on."""
        while not stop.is_set():
            self.poll(stop)
            stop.wait(POLL_S)

    def poll(self, stop: threading.Event) -> None:
        """Look into the folder once and accept what is ready; nothing while a back-off lasts."""
        if not self._retry.is_due(self._clock()):
            return
        try:
            found = find_files(self._root, frozenset({DONE, REFUSED}))
            self._seen = {path: self._noticed(path, state) for path, state in found}
            for path in sorted(self._seen):
                if stop.is_set():
                    break
                self._handle(path, self._seen[path])
            self._retry.reset()
        except (StoreError, NoSpaceError) as error:
            self._put_off("intake_away", error.code)
        except OSError as error:
            self._put_off("folder_away", type(error).__name__)
        self._log_counts()

    def _noticed(self, path: Path, state: FileState) -> _SeenFile:
        seen = self._seen.get(path)
        if seen is None or seen.state != state:
            return _SeenFile(state, self._clock())
        return seen

    def _handle(self, path: Path, seen: _SeenFile) -> None:
        now = self._clock()
        if now - seen.since < self._quiet_s or not seen.retry.is_due(now):
            return
        try:
            if seen.folder is None:
                seen.folder = self._decide(path, seen.state)
            if seen.folder is not None and has_state(path, seen.state):
                move_aside(path, self._root, seen.folder)
        except (StoreError, NoSpaceError):
            raise
        except Exception as error:  # noqa: BLE001 - one file must not end the watch
            delay_s = seen.retry.fail(now)
            log.warning("file_put_off", reason=type(error).__name__, retry_in_s=delay_s)

    def _decide(self, path: Path, state: FileState) -> str | None:
        """Return the folder that a file goes to; None where it changed meanwhile."""
        try:
            self._limits.check_bytes(state.size)
            content = read_whole(path, state)
            if content is None:
                return None
            if not looks_like_dicom(content) and picture_format(content) is None:
                raise UnknownFormatError("Neither DICOM nor PNG nor JPEG.")
            self._intake.accept(content, "folder", str(self._root))
        except (StoreError, NoSpaceError):
            raise
        except RadiogradeError as error:
            self._refused[error.code] += 1
            return REFUSED
        self._accepted += 1
        return DONE

    def _put_off(self, event: str, reason: str) -> None:
        delay_s = self._retry.fail(self._clock())
        log.warning(event, folder=str(self._root), reason=reason, retry_in_s=delay_s)

    def _log_counts(self) -> None:
        """Log how many files were accepted and refused: not which, for names may be patients'."""
        if self._accepted:
            log.info("files_taken", folder=str(self._root), count=self._accepted)
        if self._refused:
            reasons = dict(self._refused)
            log.warning("files_refused", folder=str(self._root), reasons=reasons)
        self._accepted = 0
        self._refused.clear()
