"""What a file is like, by which whoever reads it sees that it was written anew."""

from __future__ import annotations

from pathlib import Path


def state_of(path: Path) -> tuple[int, int, int] | None:
    """Return what differs once a file was written or replaced; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
