from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from radiograde.model.errors import NotFoundError
from radiograde.service.errors import NoSpaceError, UndocumentedError
from radiograde.service.films.archive import Archive
from radiograde.service.storage.folder_storage import FolderStorage

FILM = "01JARADMZ00000000000000000"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(FolderStorage(tmp_path))


def test_a_film_comes_back_as_it_was(archive: Archive) -> None:
    archive.keep(FILM, memoryview(b"film"))
    assert archive.film(FILM) == b"film"
    assert list(archive.ids()) == [FILM]


def test_what_is_not_there_is_said(archive: Archive) -> None:
    with pytest.raises(UndocumentedError):
        archive.film(FILM)
    assert archive.maps(FILM) is None
    assert archive.document(FILM, "sr.dcm") is None
    assert list(archive.ids()) == []


def test_a_film_is_whole_or_not_there(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpaceError, match="No space left"):
        archive.keep(FILM, b"film")
    assert [path for path in (tmp_path / "films").rglob("*") if path.is_file()] == []


def test_bytes_are_synced_before_they_get_their_name(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, rename = os.fsync, Path.replace

    def watched_sync(handle: int) -> None:
        done.append("sync")
        sync(handle)

    def watched_rename(path: Path, to: Path) -> Path:
        done.append("rename")
        return rename(path, to)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "replace", watched_rename)
    archive.keep(FILM, b"film")
    named = done.index("rename")
    assert done[named - 1] == "sync"
    assert done[named + 1 :] == ["sync", "sync"]  # the film's folder, and the one that names it


def test_dropped_is_gone(archive: Archive) -> None:
    archive.keep(FILM, b"film")
    assert archive.age_s(FILM, time.time() + 100) > 99
    archive.drop(FILM)
    assert list(archive.ids()) == []
    assert archive.age_s(FILM, time.time() + 100) == 0


@pytest.mark.parametrize(
    "id",
    ["..", "", "x", "\0", f"{FILM}\n", FILM.lower(), "..\\..", "\\\\192.0.2.1\\share", "x" * 5000],
)
def test_what_is_no_id_names_no_folder(archive: Archive, tmp_path: Path, id: str) -> None:
    archive.keep(FILM, b"film")
    (tmp_path / "film").write_bytes(b"another's")
    for call in (
        lambda: archive.folder(id),
        lambda: archive.has(id),
        lambda: archive.written(id, "film"),
        lambda: archive.find(id),
        lambda: archive.keep(id, b""),
        lambda: archive.keep_document(id, "sr.dcm", b""),
        lambda: archive.maps(id),
        lambda: archive.drop_documents(id, "film", but=""),
        lambda: archive.drop_made(id),
        lambda: archive.drop(id),
        lambda: archive.age_s(id, 0.0),
    ):
        with pytest.raises(NotFoundError):
            call()
    assert (tmp_path / "film").exists()
    assert archive.film(FILM) == b"film"


def test_what_lies_there_beside_films_is_no_film(archive: Archive, tmp_path: Path) -> None:
    archive.keep(FILM, b"film")
    for name in ("lost+found", ".DS_Store", FILM.lower()):
        (tmp_path / "films" / FILM[-2:] / name).mkdir()
    assert list(archive.ids()) == [FILM]
