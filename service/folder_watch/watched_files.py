"""Files in a watched folder: which lie there whole, their bytes, and moving them aside."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ulid import ULID

from radiograde.service.permissions import make_shared_folder

_PARTIAL = (".part", ".partial", ".filepart", ".crdownload", ".tmp")
"""What browsers and copying programs call a file until it is whole."""

_OPENING = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
"""No link is followed, and none is waited for who might write into a pipe."""


@dataclass(frozen=True, slots=True)
class FileState:
    """What stays the same as long as nobody writes to a file."""

    size: int
    modified_ns: int
    changed_ns: int

    @staticmethod
    def of(status: os.stat_result) -> FileState:
        """Return the state in a file's status."""
        return FileState(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def find_files(root: Path, closed: frozenset[str]) -> Iterator[tuple[Path, FileState]]:
    """Yield the files below ``root`` that may be whole, each with its state.

    Left out: hidden files and folders, links, what is no regular file, what is named like a
    partial download, empty files, and the folders ``closed`` directly below ``root``.

    Raises:
        OSError: ``root`` itself cannot be read.
    """
    folders = [(root, closed)]
    while folders:
        folder, leave_out = folders.pop()
        for entry in _entries(folder, must_exist=folder == root):
            if entry.name.startswith(".") or entry.name.lower() in leave_out:
                continue
            path = Path(entry.path)
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if stat.S_ISDIR(status.st_mode):
                folders.append((path, frozenset()))
            elif stat.S_ISREG(status.st_mode) and status.st_size and not _is_partial(entry.name):
                yield path, FileState.of(status)


def read_whole(path: Path, state: FileState) -> bytes | None:
    """Return the bytes of a file that is in this state before and after; None if it does not.

    Raises:
        OSError: it vanished, is locked, or was replaced by a link.
    """
    with os.fdopen(os.open(path, _OPENING), "rb") as file:
        if not has_state(file.fileno(), state):
            return None
        content = file.read()
        return content if has_state(file.fileno(), state) else None


def has_state(file: Path | int, state: FileState) -> bool:
    """Return whether a file is still in this state. Raises OSError where it vanished."""
    status = os.fstat(file) if isinstance(file, int) else os.lstat(file)
    return stat.S_ISREG(status.st_mode) and FileState.of(status) == state


def move_aside(path: Path, root: Path, folder: str) -> Path:
    """Move a file below ``root`` into ``root/folder`` and return where it is now.

    It keeps its path below ``root``; where another file has that name, a ULID makes it unique.
    No link is followed.

    Raises:
        OSError: it cannot be moved, and is where it was.
    """
    make_shared_folder(root / folder)
    target = _reserve(root / folder, path.relative_to(root))
    try:
        shutil.move(path, target)
    except OSError:
        target.unlink(missing_ok=True)
        raise
    return target


def _entries(folder: Path, *, must_exist: bool) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        if must_exist:
            raise
        return []


def _is_partial(name: str) -> bool:
    return name.lower().endswith(_PARTIAL)


def _reserve(folder: Path, name: Path) -> Path:
    """Return a new empty file at the place of that name in a folder, or near it."""
    parent = folder
    try:
        for part in name.parts[:-1]:
            make_shared_folder(parent / part)
            parent /= part
    except NotADirectoryError:  # a file moved here has a folder's name
        parent = folder
    wanted = parent / name.name
    unique = wanted.with_name(f"{wanted.stem}-{ULID()}{wanted.suffix}")
    for candidate in (wanted, unique):
        try:
            os.close(os.open(candidate, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            continue
        return candidate
    raise FileExistsError(unique)
