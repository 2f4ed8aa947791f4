"""A clock that a process believes and that is set while it runs, as the clock of a computer is.

A small library comes before the system's in the process and moves what the wall clock says. The
steady clock goes on as it was. Debian's ``faketime`` will not do: it breaks ``time.sleep``.
"""

from __future__ import annotations

import atexit
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of one process. ``environment``: what the process is started with."""

    file: Path
    environment: dict[str, str]

    def set_ahead_s(self, seconds: int) -> None:
        """Set the clock ahead of the right time; 0: set it right."""
        with self.file.open("r+b") as file:
            file.write(struct.pack("=q", seconds))


def clock_of(file: Path) -> Clock:
    """Return a clock that is right; where there is no C compiler, one that stays so."""
    file.write_bytes(bytes(8))
    library = _library()
    environment = {} if library is None else {"LD_PRELOAD": library, "CLOCK_FILE": str(file)}
    return Clock(file, environment)


def can_be_set() -> bool:
    """Return whether the clock of a process can be set here."""
    return _library() is not None


@cache
def _library() -> str | None:
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="radiograde-clock-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = folder / "clock.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return str(library)
