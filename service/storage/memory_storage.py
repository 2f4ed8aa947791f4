"""Files in memory: what a process beside this one needs of a storage that it does not reach."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO

from radiograde.service.atomic_write import Content


class MemoryStorage:
    """Keeps files as long as it lives, as a :class:`.storage_interface.Storage`; can be pickled."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._files = dict(files or {})

    @property
    def is_here(self) -> bool:
        """Whether other processes reach it: they are given it."""
        return True

    def ping(self) -> None:
        """Do nothing."""

    def write(self, name: str, content: Content, *, mode: int | None = None) -> None:
        """Keep a file."""
        self._files[name] = bytes(content)

    def create(self, name: str, content: Content) -> bool:
        """Keep a file where there is none."""
        return self._files.setdefault(name, kept := bytes(content)) is kept

    def read(self, name: str) -> bytes | None:
        """Return a file; None where there is none."""
        return self._files.get(name)

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Give a file. Raises FileNotFoundError."""
        if name not in self._files:
            raise FileNotFoundError(name)
        yield io.BytesIO(self._files[name])

    def has(self, name: str) -> bool:
        """Return whether there is a file of this name."""
        return name in self._files

    def names(self, folder: str) -> list[str]:
        """Return what lies directly in a folder."""
        start = f"{folder}/"
        below = (name.removeprefix(start) for name in self._files if name.startswith(start))
        return sorted({name.partition("/")[0] for name in below})

    def changed(self, name: str) -> float | None:
        """Return now, where there is a file or folder."""
        return time.time() if self.has(name) or self.names(name) else None

    def remove(self, name: str) -> None:
        """Remove a file."""
        self._files.pop(name, None)

    def remove_folder(self, folder: str) -> bool:
        """Remove a folder and all in it."""
        gone = [name for name in self._files if name.startswith(f"{folder}/")]
        for name in gone:
            del self._files[name]
        return bool(gone)

    def remove_empty(self, folder: str) -> None:
        """Do nothing: a folder is a part of names."""

    def move_folder(self, folder: str, to: str) -> None:
        """Give a folder another name. Raises FileNotFoundError."""
        if not self.names(folder):
            raise FileNotFoundError(folder)
        for name in [name for name in self._files if name.startswith(f"{folder}/")]:
            self._files[f"{to}{name.removeprefix(folder)}"] = self._files.pop(name)
