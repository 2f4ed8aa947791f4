"""A secret that an installation makes for itself, in a file that its owner alone may read."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from radiograde.service.atomic_write import write_atomically
from radiograde.service.errors import NoSpaceError, StoreError


def secret_in(path: Path, fresh: bytes) -> bytes:
    """Return the secret in a file that its owner alone may read; where there is none, ``fresh``.

    Processes that start together get the same.

    Raises:
        NoSpaceError: it cannot be written.
        StoreError: it cannot be read, or has another length than ``fresh``.
    """
    try:
        if not path.exists():
            with FileLock(path.with_name(f".{path.name}.lock")):
                if not path.exists():
                    write_atomically(path, fresh, mode=0o600)
        secret = path.read_bytes()
    except PermissionError as error:
        raise StoreError(
            f"{path} may not be read by this user. Start every process of the installation as "
            "the same user."
        ) from error
    except OSError as error:
        raise NoSpaceError(
            f"{path} cannot be written ({error.strerror}). Make room in the data directory, then "
            "try again."
        ) from error
    if len(secret) != len(fresh):
        raise StoreError(
            f"{path} is damaged. Put it back from a backup; without one, delete it: what is "
            "recorded from then on is not linked with what was before."
        )
    return secret
