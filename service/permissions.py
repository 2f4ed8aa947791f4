"""Who may read what is written: films and records this user alone, what is delivered also others.

A command that keeps films takes every permission of others from what it writes. Folders from which
somebody else fetches (of a destination, of a watched folder) go by the umask it was started with.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

PRIVATE = 0o077
"""The umask of a command that keeps films."""

_former: list[int] = []
"""The umask that this process was started with, once it has become private."""


def keep_private() -> Callable[[], None]:
    """Write for this user alone from now on; return what takes that back."""
    _former.append(os.umask(PRIVATE))

    def take_back() -> None:
        os.umask(_former.pop())

    return take_back


def umask_at_start() -> int | None:
    """Return the umask that this process was started with; None where that one still holds."""
    return _former[0] if _former else None


def shared_mode() -> int | None:
    """Return the permissions of a file that others fetch; None: what the umask leaves."""
    return 0o666 & ~_former[0] if _former else None


def make_shared_folder(folder: Path) -> None:
    """Make a folder that others fetch from; one that is there stays as it is.

    Raises:
        OSError: it cannot be made, or something else is there: a link, too.
    """
    try:
        folder.mkdir()
        if _former:
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) | 0o777 & ~_former[0])
    except FileExistsError:
        if not stat.S_ISDIR(folder.lstat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, "it is no folder", str(folder)) from None
