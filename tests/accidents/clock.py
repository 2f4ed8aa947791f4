"""A clock that a process believes and that is set while it runs, by Debian's ``faketime``.

Its library comes before the system's in a process and moves what the wall clock says; what is
measured by the steady clock goes on as it was, as it does on a computer whose clock is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one process. ``environment``: what the process is started with."""

    file: Path
    environment: dict[str, str]

    def set_ahead_s(self, seconds: float) -> None:
        """Set the clock ahead of the right time, or back to it; believed within a second."""
        partial = self.file.with_suffix(".partial")
        partial.write_text(f"{seconds:+.0f}s\n")
        partial.replace(self.file)


def clock_of(file: Path) -> Clock:
    """Return a clock that is right; without ``faketime`` one that stays so."""
    environment = {}
    if _LIBRARIES:
        environment = {
            "LD_PRELOAD": str(_LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
    clock = Clock(file, environment)
    clock.set_ahead_s(0.0)
    return clock


def can_be_set() -> bool:
    """Return whether the clock of a process can be set here."""
    return bool(_LIBRARIES)
