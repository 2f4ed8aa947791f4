"""Files that are on their way from one storage to another, and are found in either.

Whoever removes a file removes the former one first, and whoever moves one looks for the former once
more after he has copied it: so nothing that was removed comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from radiograde.service.atomic_write import Content
from radiograde.service.storage.storage_interface import Storage

_DEPTHS = {"films": 2, "orders": 1, "quarantine": 1, "problems": 0, "models": 0}
"""How many folders lie between these and their files."""


class MovingStorage:
    """Writes into the storage that is moved to and reads from both: a storage as the others.

    ``target``: moved to. ``former``: moved from.
    """

    def __init__(self, target: Storage, former: Storage) -> None:
        self.target = target
        self.former = former

    @property
    def is_here(self) -> bool:
        """Whether other processes of this computer reach both without a secret."""
        return self.target.is_here and self.former.is_here

    def ping(self) -> None:
        """Return once both answer."""
        self.target.ping()
        self.former.ping()

    def write(self, name: str, content: Content, *, mode: int | None = None) -> None:
        """Keep a file; a former one counts no more."""
        self.target.write(name, content, mode=mode)

    def create(self, name: str, content: Content) -> bool:
        """Keep a file where there is none in either."""
        return not self.former.has(name) and self.target.create(name, content)

    def read(self, name: str) -> bytes | None:
        """Return a file, wherever it lies."""
        for storage in self._in_turn():
            content = storage.read(name)
            if content is not None:
                return content
        return None

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """Give a file. Raises FileNotFoundError."""
        holds = next((one for one in self._in_turn() if one.has(name)), self.target)
        with holds.opened(name) as file:
            yield file

    def has(self, name: str) -> bool:
        """Return whether there is a file of this name in either."""
        return any(storage.has(name) for storage in self._in_turn())

    def names(self, folder: str) -> list[str]:
        """Return what lies in a folder, in either."""
        # The former first: what is moved meanwhile is then in the other.
        return sorted({*self.former.names(folder), *self.target.names(folder)})

    def changed(self, name: str) -> float | None:
        """Return when one of both last changed."""
        times = (self.former.changed(name), self.target.changed(name))
        return max((time for time in times if time is not None), default=None)

    def remove(self, name: str) -> None:
        """Remove a file from both."""
        self.former.remove(name)
        self.target.remove(name)

    def remove_folder(self, folder: str) -> bool:
        """Remove a folder from both; return whether there was anything."""
        removed = self.former.remove_folder(folder)
        return self.target.remove_folder(folder) or removed

    def remove_empty(self, folder: str) -> None:
        """Remove a folder in which nothing lies any more, from each."""
        self.former.remove_empty(folder)
        self.target.remove_empty(folder)

    def move_folder(self, folder: str, to: str) -> None:
        """Give a folder another name, where it lies. Raises FileNotFoundError."""
        found = [one for one in (self.former, self.target) if one.names(folder)]
        if not found:
            raise FileNotFoundError(folder)
        for storage in found:
            storage.move_folder(folder, to)

    def to_move(self) -> list[str]:
        """Return the folders of files that still lie where they are moved from."""
        folders = list(_DEPTHS)
        for level in range(max(_DEPTHS.values())):
            folders = [
                below
                for folder in folders
                for below in (
                    [f"{folder}/{name}" for name in self.former.names(folder)]
                    if _DEPTHS[folder.partition("/")[0]] > level
                    else [folder]
                )
            ]
        return [folder for folder in folders if self.former.names(folder)]

    def move_files(self, folder: str) -> int:
        """Move the files of a folder; return how many. The folder goes once it is empty."""
        names = self.former.names(folder)
        for name in names:
            self.move(f"{folder}/{name}")
        while "/" in folder:
            self.former.remove_empty(folder)
            folder = folder.rpartition("/")[0]
        return len(names)

    def move(self, name: str) -> None:
        """Move one file; it is readable at every moment, and doing it twice changes nothing."""
        if not self.target.has(name):
            content = self.former.read(name)
            if content is None:
                return
            is_new = self.target.create(name, content)
            if is_new and not self.former.has(name):
                self.target.remove(name)
                return
        self.former.remove(name)

    def _in_turn(self) -> tuple[Storage, ...]:
        """Return where to look: what was moved between the first two is in the first by then."""
        return self.target, self.former, self.target
