"""Documents made in the job of grading, from the film that it decoded."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from radiograde.model.limits import Limits
from radiograde.service.config.site import DocumentKind, FolderDestinationConfig
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.errors import NoSpaceError
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import Records
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import POOR, FakeScorer, png
from tests.service.film_folders import folder_of

KINDS: tuple[DocumentKind, ...] = ("sr", "seg", "sc", "pdf", "json", "fhir")
FILES = {"sr.dcm", "seg.dcm", "sc.dcm", "report.pdf", "result.json", "fhir.json"}


@pytest.fixture
def routed(records: Records) -> Records:
    """Return records of an installation whose results go to a folder."""
    share = FolderDestinationConfig(type="folder", name="share", path=Path("x"), send=KINDS)
    return dataclasses.replace(records, routing=RoutingRules([share]))


def graded(records: Records, content: bytes, scorer: FakeScorer | None = None) -> str:
    film = records.intake.accept(content, "dicom").film_id
    FilmGrader(records, scorer or FakeScorer(), Limits()).grade_waiting(film)
    assert records.jobs.get(film).state == "graded"
    return film


def made(records: Records, film: str) -> dict[str, bytes]:
    """Return the documents that lie beside a film."""
    folder = folder_of(records.archive, film)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name in FILES}


def test_they_are_the_same_byte_for_byte_as_those_made_on_demand(routed: Records) -> None:
    film = graded(routed, film_bytes())
    ahead = made(routed, film)
    assert set(ahead) == FILES
    for name in ahead:
        (folder_of(routed.archive, film) / name).unlink()
    routed.document_store.documents(film, KINDS)
    assert made(routed, film) == ahead


def test_there_are_only_those_that_a_result_has(routed: Records) -> None:
    rejected = graded(routed, film_bytes(), FakeScorer(rejects=True, reason=POOR))
    picture = graded(routed, png())
    assert set(made(routed, rejected)) == FILES - {"seg.dcm", "sc.dcm"}
    assert set(made(routed, picture)) == FILES - {"sr.dcm", "seg.dcm", "sc.dcm"}


def test_nothing_is_made_that_nobody_gets(records: Records) -> None:
    assert made(records, graded(records, film_bytes())) == {}


@pytest.mark.parametrize("error", [NoSpaceError("No room."), RuntimeError("DOE^JANE")])
def test_a_document_that_cannot_be_made_loses_no_grading(
    routed: Records,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(DocumentStore, "make", broken)
    film = graded(routed, film_bytes())
    assert routed.results.get(film)["status"] == "scored"
    assert [one.state for one in routed.jobs.get(film).deliveries] == ["waiting"]
    logged = "".join(capfd.readouterr())
    assert "documents_broke" in logged
    assert "DOE" not in logged


def test_a_document_that_ended_the_worker_is_not_made_ahead_again(routed: Records) -> None:
    film = routed.intake.accept(film_bytes(), "dicom").film_id
    routed.films.begin(film)  # and the process ends here
    FilmGrader(routed, FakeScorer(), Limits()).grade_waiting(film)
    assert routed.jobs.get(film).state == "graded"
    assert made(routed, film) == {}
