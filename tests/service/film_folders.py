"""Where films and what lies beside them are on disk, for tests that look there."""

from __future__ import annotations

from pathlib import Path

from radiograde.service.films.archive import Archive
from radiograde.service.storage.folder_storage import FolderStorage


def folder_of(archive: Archive, film_id: str) -> Path:
    return beside_films(archive, archive.folder(film_id))


def beside_films(archive: Archive, name: str) -> Path:
    assert isinstance(archive.storage, FolderStorage)
    return archive.storage.path(name)
