"""Files in a folder of this computer, or of a share that every computer has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from radiograde.service.atomic_write import (
    Content,
    drop_half_written,
    hidden_beside,
    make_folder,
    sync_folder,
    write_atomically,
)


@dataclass(frozen=True, slots=True)
class FolderStorage:
    """Keeps files below ``root``: see :class:`.storage_interface.Storage`. It can be pickled."""

    root: Path

    @property
    def is_here(self) -> bool:
        """Whether other processes of this computer reach it: True."""
        return True

    def path(self, name: str) -> Path:
        """Return where a file lies, or would."""
        return self.root / name

    def ping(self) -> None:
        """Do nothing: a disk answers whenever it is asked."""

    def write(self, name: str, content: Content, *, mode: int | None = None) -> None:
        """Keep a file, synced to disk with its name. Raises OSError."""
        path = self.path(name)
        is_new = self._make_folder(path)
        write_atomically(path, content, mode=mode)
        if is_new:  # synced last: by then a journal holds its name, too, and this costs little
            sync_folder(path.parent.parent)

    def create(self, name: str, content: Content) -> bool:
        """Keep a file where there is none, synced to disk with its name. Raises OSError."""
        path = self.path(name)
        self._make_folder(path)
        fresh = hidden_beside(path)
        try:
            write_atomically(fresh, content)
            os.link(fresh, path)
            sync_folder(path.parent)
            sync_folder(path.parent.parent)
        except FileExistsError:
            return False
        finally:
            fresh.unlink(missing_ok=True)
        return True

    def read(self, name: str) -> bytes | None:
        """Return a file; None where there is none. Raises OSError."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            return None

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Give a file. Raises OSError."""
        with self.path(name).open("rb") as file:
            yield file

    def has(self, name: str) -> bool:
        """Return whether there is a file of this name."""
        return self.path(name).is_file()

    def names(self, folder: str) -> list[str]:
        """Return what lies in a folder but for files half written. Raises OSError."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return sorted(
                path.name
                for path in self.path(folder).iterdir()
                if not path.name.startswith(".") or path.is_dir()
            )
        return []

    def changed(self, name: str) -> float | None:
        """Return when a file or folder last changed. Raises OSError."""
        try:
            return self.path(name).stat().st_mtime
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Remove a file. Raises OSError."""
        self.path(name).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> bool:
        """Remove a folder, or what else has the name. Raises OSError; part of it may be left."""
        path = self.path(folder)
        try:
            shutil.rmtree(path)
        except NotADirectoryError:
            path.unlink(missing_ok=True)
        except OSError:
            if path.exists():
                raise
            return False
        return True

    def remove_empty(self, folder: str) -> None:
        """Remove a folder with what killed writers left in it, unless a file lies there."""
        path = self.path(folder)
        with suppress(OSError):
            drop_half_written(path)
            path.rmdir()

    def move_folder(self, folder: str, to: str) -> None:
        """Give a folder another name. Raises OSError."""
        target = self.path(to)
        make_folder(target.parent)
        self.path(folder).rename(target)

    def _make_folder(self, path: Path) -> bool:
        """Make the folder of a file; return whether there was none."""
        make_folder(path.parent.parent)
        is_new = not path.parent.is_dir()
        path.parent.mkdir(exist_ok=True)
        return is_new
