"""Films had from stores and servers, and what is said where they cannot be had."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from radiograde.model.errors import TooLargeError, UnreadableError
from radiograde.model.limits import Limits
from radiograde.service.backoff import Backoff
from radiograde.service.errors import UnreachableError
from radiograde.service.fleet import asking_again
from radiograde.service.fleet.archive_film import ArchiveFilm
from radiograde.service.fleet.film_reader import FilmReader
from radiograde.service.pacs.dicomweb_pacs import DicomWebPacs
from radiograde.service.retrieve_errors import RetrieveError
from tests.service.delivery.web import Reply, Request
from tests.service.fakes import png
from tests.service.fleet.dicomweb_server import dicomweb_server

PLACE = "dicomweb:pacs/studies/1.2.20260101/series/1.2.3/instances/1.2.4"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking_again, "BACKOFF", Backoff(0.01, 0.01))


def listed(place: str, size: int = 0) -> ArchiveFilm:
    return ArchiveFilm(place, (place, size, 0))


def test_an_object_is_read_whole() -> None:
    fsspec.filesystem("memory").pipe_file("/one.png", png())
    film = FilmReader(Limits(), None).film(listed("memory://one.png"))
    assert film.content == png()


def test_an_object_that_is_gone_or_too_large_is_said_to_be() -> None:
    fsspec.filesystem("memory").pipe_file("/large.png", b"x" * 100)
    reader = FilmReader(Limits(max_bytes=99), None)
    with pytest.raises(UnreadableError):
        reader.film(listed("memory://gone.png"))
    for size in (0, 100):
        with pytest.raises(TooLargeError):
            reader.film(listed("memory://large.png", size))


def test_a_store_is_asked_several_times_before_it_is_given_up() -> None:
    with pytest.raises(UnreachableError, match="cannot be had"):
        FilmReader(Limits(), None).film(listed("ftp://127.0.0.1:9/one.png"))


def test_a_server_gives_an_instance_when_it_answers_at_last() -> None:
    asked: list[str] = []

    def at_first(request: Request) -> Reply | None:
        asked.append(request.path)
        return Reply(503) if len(asked) < asking_again.TRIES else None

    with dicomweb_server({"20260101": png()}, at_first) as config:
        reader = FilmReader(Limits(), DicomWebPacs(config, Limits()))
        assert reader.film(listed(PLACE)).content == png()
    assert len(asked) == asking_again.TRIES


def test_a_server_that_will_not_give_it_is_not_asked_again() -> None:
    with dicomweb_server({}, lambda _: Reply(404)) as config:
        reader = FilmReader(Limits(), DicomWebPacs(config, Limits()))
        with pytest.raises(RetrieveError):
            reader.film(listed(PLACE))


def test_a_pipe_is_no_film(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="Not a regular file"):
        FilmReader(Limits(), None).film(listed(str(tmp_path)))
