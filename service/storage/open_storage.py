"""The storage of an installation, as its settings say; and the secrets that its computers share."""

from __future__ import annotations

import secrets
from pathlib import Path

from radiograde.service.atomic_write import make_folder, write_atomically
from radiograde.service.config.films_config import FOLDER
from radiograde.service.config.settings import Settings
from radiograde.service.errors import SiteError, StoreError
from radiograde.service.storage.folder_storage import FolderStorage
from radiograde.service.storage.moving_storage import MovingStorage
from radiograde.service.storage.storage_interface import Storage

KEYS = ("pseudonym.key", "audit.key")
SHARED = (*KEYS, "database-id")
"""Files of the data directory that are the same on every computer of an installation."""

_KEY_BYTES = 32


def open_storage(settings: Settings) -> Storage:
    """Return where films are kept; nothing is asked yet.

    Raises:
        SiteError: it cannot be used as the site file says.
    """
    target = _open(settings, settings.films.archive)
    if settings.films.moving_from is None:
        return target
    return MovingStorage(target, _open(settings, settings.films.moving_from))


def _open(settings: Settings, place: str) -> Storage:
    if place == FOLDER:
        return FolderStorage(settings.data_dir)
    try:
        from radiograde.service.storage.object_storage import ObjectStorage
    except ImportError as error:
        raise SiteError(
            "Films in an object store need the extra s3: pip install 'radiograde[s3]'."
        ) from error
    return ObjectStorage(settings.films, place)


def share_secrets(storage: Storage, data_dir: Path) -> None:
    """Have the data directory of this computer hold what every computer's holds.

    What only this one has is put beside the films; where films lie in the data directory itself,
    every computer has that one.

    Raises:
        StoreError: the storage does not answer, or belongs to another installation; or films lie
            in the data directory that nobody would find.
    """
    if isinstance(storage, MovingStorage):
        for one in (storage.former, storage.target):
            _share_all(one, data_dir)
        return
    if not storage.is_here and FolderStorage(data_dir).names("films"):
        raise StoreError(
            f"Films lie in {data_dir}, and the site file keeps them in an object store. Write "
            'moving_from = "folder" into [films], then: radiograde films move'
        )
    _share_all(storage, data_dir)


def _share_all(storage: Storage, data_dir: Path) -> None:
    if not storage.is_here:
        for name in SHARED:
            _share(storage, data_dir / name)


def _share(storage: Storage, path: Path) -> None:
    try:
        own = path.read_bytes() if path.exists() else None
        common = storage.read(path.name)
        if common is None and (fresh := own or _fresh(path.name)) is not None:
            storage.create(path.name, fresh)
            common = storage.read(path.name)
        if own is None and common is not None:
            make_folder(path.parent)
            write_atomically(path, common, mode=0o600)
        elif own != common:
            raise StoreError(
                f"{path} is not the one that lies beside the films. The archive is that of "
                "another installation; or take this file away, and it is fetched from there."
            )
    except OSError as error:
        raise StoreError(f"{path} cannot be used ({error.strerror}).") from error


def _fresh(name: str) -> bytes | None:
    return secrets.token_bytes(_KEY_BYTES) if name in KEYS else None
