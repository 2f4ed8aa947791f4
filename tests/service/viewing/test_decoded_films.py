"""Decoding once, for as many as ask, and remembering no more than fits."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from radiograde.model.display.viewable import Viewable, viewable
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.service.errors import UndocumentedError
from radiograde.service.films.archive import Archive
from radiograde.service.storage.folder_storage import FolderStorage
from radiograde.service.viewing import decoded_films
from radiograde.service.viewing.decoded_films import DecodedFilms
from tests.service.fakes import png

BYTES = 2 * 60 * 80
FILM_A, FILM_B, FILM_C, FILM_D = (f"01JARADMZ0000000000000000{letter}" for letter in "ABCD")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Return an archive of three films of ``BYTES``."""
    archive = Archive(FolderStorage(tmp_path))
    for id in (FILM_A, FILM_B, FILM_C):
        archive.keep(id, png())
    return archive


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """Return who decoded, one entry a film."""
    found: list[threading.Thread] = []

    def decode(film: FilmFile) -> Viewable:
        found.append(threading.current_thread())
        return viewable(film)

    monkeypatch.setattr(decoded_films, "viewable", decode)
    return found


def test_asked_again_and_at_the_same_time_a_film_is_decoded_once(
    archive: Archive, reads: list[threading.Thread]
) -> None:
    films = DecodedFilms(archive, Limits())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(films.get, [FILM_A] * 16))
    assert len(reads) == 1
    assert all(film is found[0] for film in found)


def test_the_one_unused_for_longest_goes_first(
    archive: Archive, reads: list[threading.Thread]
) -> None:
    films = DecodedFilms(archive, Limits(), most_bytes=2 * BYTES)
    for id in (FILM_A, FILM_B, FILM_A, FILM_C, FILM_A):
        films.get(id)
    assert len(reads) == 3
    films.get(FILM_B)
    assert len(reads) == 4


def test_a_film_larger_than_all_that_fits_is_remembered_alone(
    archive: Archive, reads: list[threading.Thread]
) -> None:
    films = DecodedFilms(archive, Limits(), most_bytes=1)
    for id in (FILM_A, FILM_A, FILM_B, FILM_B):
        films.get(id)
    assert len(reads) == 2


def test_a_film_that_cannot_be_had_is_asked_for_anew(archive: Archive) -> None:
    films = DecodedFilms(archive, Limits())
    with pytest.raises(UndocumentedError, match="no longer kept"):
        films.get(FILM_D)
    archive.keep(FILM_D, b"nothing")
    with pytest.raises(UndocumentedError, match="cannot be shown"):
        films.get(FILM_D)
    archive.keep(FILM_D, png())
    assert films.get(FILM_D).pixels.nbytes == BYTES


def test_limits_hold(archive: Archive) -> None:
    films = DecodedFilms(archive, Limits(max_pixels=100))
    with pytest.raises(UndocumentedError):
        films.get(FILM_A)
