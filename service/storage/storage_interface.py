"""Where an installation keeps films and what belongs to them: files by name, in a folder or bucket.

A name is a path with slashes, such as ``films/00/01J.../film``. What is written under a name is
there whole or not at all.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from radiograde.service.atomic_write import Content


class Storage(Protocol):
    """Keeps files; safe to share among threads and processes.

    Methods raise OSError where a disk does not do as it is told, StoreError where a server does
    not answer, and NoSpaceError where it has no room.
    """

    @property
    def is_here(self) -> bool:
        """Whether other processes of this computer reach it without a secret, by a path."""
        ...

    def ping(self) -> None:
        """Return once it answers."""
        ...

    def write(self, name: str, content: Content, *, mode: int | None = None) -> None:
        """Keep a file in the place of an earlier one; it is durable once this returns.

        ``mode``: permissions, where a file has them.
        """
        ...

    def create(self, name: str, content: Content) -> bool:
        """Keep a file where there is none; return whether there was none. Durable as by `write`."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return a file; None where there is none."""
        ...

    def opened(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Give a file for who reads only a part of it. Raises FileNotFoundError."""
        ...

    def has(self, name: str) -> bool:
        """Return whether there is a file of this name."""
        ...

    def names(self, folder: str) -> list[str]:
        """Return what lies directly in a folder, files and folders, in order; [] without one."""
        ...

    def changed(self, name: str) -> float | None:
        """Return when a file was written, or something came into a folder or went, as POSIX time.

        None where there is neither. Now, where it is not known of a folder.
        """
        ...

    def remove(self, name: str) -> None:
        """Remove a file, and each earlier version of it."""
        ...

    def remove_folder(self, folder: str) -> bool:
        """Remove a folder and all in it; return whether there was anything."""
        ...

    def remove_empty(self, folder: str) -> None:
        """Remove a folder in which nothing lies any more, where a folder is more than a name."""
        ...

    def move_folder(self, folder: str, to: str) -> None:
        """Give a folder another name. Raises FileNotFoundError where there is none."""
        ...
