"""Moving a file out of the way without ever losing it or another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ulid import ULID


def move_aside(path: Path, root: Path, folder: str) -> Path:
    """Move a file below ``root`` into ``root/shelf`` and return where it is now.

    It keeps its path below ``root``; where another file has that name, a ULID makes it unique.

    Raises:
        OSError: it cannot be moved, and is where it was.
    """
    target = _reserve(root / folder / path.relative_to(root), root / folder)
    try:
        shutil.move(path, target)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return target


def _reserve(wanted: Path, folder: Path) -> Path:
    """Return a new empty file at the wanted place, or near it."""
    try:
        wanted.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):  # a file was shelved under a folder's name
        wanted = folder / wanted.name
    unique = wanted.with_name(f"{wanted.stem}-{ULID()}{wanted.suffix}")
    for candidate in (wanted, unique):
        try:
            os.close(os.open(candidate, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            continue
        return candidate
    raise FileExistsError(unique)
