"""Files that are there whole or not at all, whenever the process or the power goes."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

Content = bytes | bytearray | memoryview

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def write_atomically(
    path: Path, content: Content, *, durable: bool = True, mode: int | None = None
) -> None:
    """Write a file under a hidden name beside ``path``, then give it its name.

    A file of that name is replaced; of two writers at once one wins. ``durable``: bytes and name
    are on disk once this returns; without, a power cut may lose the file. ``mode``: permissions;
    None: what the umask leaves.

    Raises:
        OSError: it cannot be written or synced, with ``path`` as its filename; no part of it is
            left.
    """
    partial = hidden_beside(path)
    try:
        with os.fdopen(os.open(partial, _FLAGS, 0o666 if mode is None else 0o600), "wb") as file:
            file.write(content)
            if mode is not None:
                partial.chmod(mode)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder and its parents so that a power cut does not lose their names.

    Raises:
        OSError: one cannot be made.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk. Raises OSError."""
    if os.name != "posix":  # Windows keeps names without being asked, and opens no folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def hidden_beside(path: Path) -> Path:
    """Return an unused name beside a path, which searches for films and copies leave alone."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def drop_half_written(folder: Path) -> None:
    """Remove what writers that were killed left in a folder; one at work now fails, and says so.

    Raises:
        OSError: a file cannot be removed.
    """
    for partial in folder.glob(".*.part"):
        partial.unlink(missing_ok=True)
