"""What an archive holds: folders, lists, stores and servers, and what a film is in each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import fsspec
import pytest

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.service.backoff import Backoff
from radiograde.service.config.settings import Settings
from radiograde.service.errors import ConfigurationError, UnreachableError
from radiograde.service.fleet import asking_again
from radiograde.service.fleet.film_listing import films_of_pacs, films_of_url
from radiograde.service.fleet.open_archive import open_archive
from radiograde.service.grading.score_row import mark_of
from radiograde.service.pacs.dicomweb_pacs import DicomWebPacs
from tests.service.delivery.web import Reply, Request
from tests.service.fakes import png
from tests.service.fleet.dicomweb_server import dicomweb_server


@pytest.fixture
def store() -> Iterator[str]:
    """Return the URL of a store in memory, which is empty again afterwards."""
    yield "memory://films"
    fsspec.filesystem("memory").rm("/films", recursive=True)


def put(url: str, content: bytes = b"x") -> None:
    files, path = fsspec.core.url_to_fs(url)
    files.pipe_file(path, content)


def test_a_folder_s_films_are_marked_as_score_marks_them(tmp_path: Path) -> None:
    film = tmp_path / "a" / "1.png"
    film.parent.mkdir()
    film.write_bytes(png())
    (tmp_path / "notes.txt").touch()
    left, others = open_archive(str(tmp_path), Settings(), None).left([])
    assert ([one.mark for one in left], others) == ([mark_of(film)], 0)
    assert left[0].place == str(film)


def test_what_has_a_row_is_not_opened_to_see_what_it_is(tmp_path: Path) -> None:
    unnamed = tmp_path / "no suffix"
    unnamed.write_bytes(png())
    mark = mark_of(unnamed)
    unnamed.write_bytes(b"x" * mark[1])
    left, others = open_archive(str(tmp_path), Settings(), None).left([mark_of(unnamed)])
    assert (left, others) == ([], 1)


def test_a_list_names_paths_and_urls_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.png").write_bytes(png())
    (tmp_path / "list.txt").write_text("here.png\n\ns3://films/1.dcm\nhere.png\n  gone.dcm \n")
    left, others = open_archive("list.txt", Settings(), None).left([])
    assert [one.place for one in left] == [
        str(tmp_path / "here.png"),
        "s3://films/1.dcm",
        str(tmp_path / "gone.dcm"),
    ]
    assert [one.mark[0] for one in left] == ["here.png", "s3://films/1.dcm", "gone.dcm"]
    assert others == 1


def test_a_store_s_films_are_those_whose_names_are_of_films(store: str) -> None:
    kept = ["a/1.DCM", "a/2.png", "b/IM0001", "b/1.2.840.10008.7"]
    for name in [*kept, "a/notes.txt", "a/1.overlay.png", "table.parquet", "b/.hidden.dcm"]:
        put(f"{store}/{name}")
    found = list(films_of_url(store))
    assert [one.mark[0] for one in found] == [f"memory:///films/{name}" for name in sorted(kept)]
    assert {one.mark[1] for one in found} == {1}


def test_a_store_that_does_not_answer_is_named() -> None:
    with pytest.raises(UnreachableError, match="cannot be listed"):
        list(films_of_url("ftp://127.0.0.1:9/films/"))
    with pytest.raises(ConfigurationError, match="cannot be reached"):
        list(films_of_url("nosuch://films"))


def test_a_server_is_asked_day_by_day_and_again_where_it_did_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asking_again, "BACKOFF", Backoff(0.01, 0.01))
    failed: list[Request] = []

    def at_first(request: Request) -> Reply | None:
        if "StudyDate=20260102" in request.path and len(failed) < 2:
            failed.append(request)
            return Reply(503)
        return None

    with dicomweb_server({"20260101": b"", "20260102": b"", "20260201": b""}, at_first) as config:
        pacs = DicomWebPacs(config, Limits())
        found = list(films_of_pacs(pacs, date(2026, 1, 1), date(2026, 1, 31)))
    assert [one.place for one in found] == [
        "dicomweb:pacs/studies/1.2.20260101/series/1.2.20260101.1/instances/1.2.20260101.1.1",
        "dicomweb:pacs/studies/1.2.20260102/series/1.2.20260102.1/instances/1.2.20260102.1.1",
    ]
    assert len(failed) == 2


@pytest.mark.parametrize(
    ("source", "days", "words"),
    [
        ("nowhere", None, "no folder and no list"),
        (".", (date(2026, 1, 1), date(2026, 1, 2)), "are for films of a DICOMweb server"),
        ("dicomweb:pacs", None, "from which day on"),
        ("dicomweb:pacs", (date(2026, 1, 1), date(2026, 1, 2)), "is called pacs"),
    ],
)
def test_what_is_no_archive_is_said(
    source: str, days: tuple[date, date] | None, words: str
) -> None:
    with pytest.raises(RadiogradeError, match=words) as caught:
        open_archive(source, Settings(), days)
    assert isinstance(caught.value, ConfigurationError) or "site file" in caught.value.title
