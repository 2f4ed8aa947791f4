"""A disk of an installation's own, which fills up and turns read-only, where one may be mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MIB = 2**20


@contextmanager
def own_disk(folder: Path, mebibytes: int) -> Iterator[bool]:
    """Mount a disk over a folder within the ``with`` block; False where this user may not."""
    mounted = os.getuid() == 0 and _mount(
        "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)
    )
    try:
        yield mounted
    finally:
        if mounted:
            _unmount(folder)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Leave no byte free on the disk of a folder within the ``with`` block."""
    ballast = folder / "ballast"
    free = shutil.disk_usage(folder).free
    with suppress(OSError), ballast.open("wb") as file:
        for _ in range(free // MIB + 2):
            file.write(bytes(MIB))
    try:
        yield
    finally:
        ballast.unlink(missing_ok=True)


@contextmanager
def read_only(folder: Path) -> Iterator[bool]:
    """Let nothing be written below a folder within the ``with`` block; False: not possible here.

    The superuser writes whatever the mode is; for him the folder is mounted over itself.
    """
    if os.getuid() != 0:
        folder.chmod(0o500)
        yield True
        folder.chmod(0o700)
        return
    if not _mount("--bind", str(folder), str(folder)):
        yield False
        return
    try:
        yield any(_turned_read_only(folder) for _ in range(20))
    finally:
        _unmount(folder)


def _turned_read_only(folder: Path) -> bool:
    if _mount("-o", "remount,bind,ro", str(folder)):
        return True
    time.sleep(0.05)  # somebody has a file there open for writing
    return False


def _mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=False)
