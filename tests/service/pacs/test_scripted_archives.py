"""Archives that do exactly as scripted, made with pynetdicom as who provides."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from radiograde.model.errors import TooLargeError
from radiograde.model.limits import Limits
from radiograde.service.config.site import DicomDestinationConfig, DicomWebDestinationConfig
from radiograde.service.errors import UnreachableError
from radiograde.service.pacs.dicomweb_pacs import DicomWebPacs
from radiograde.service.pacs.dimse_pacs import FIND, GET, MOVE, DimsePacs
from radiograde.service.pacs.query_retrieve import FoundImage, StudyQuery
from radiograde.service.retrieve_errors import RetrieveError, UnknownMoveDestinationError
from tests.service.delivery.web import Reply, running_web

QUERY = StudyQuery(date(2026, 1, 1), date(2026, 1, 31))
IMAGE = FoundImage("1.2", "1.2.3", "1.2.3.4", "", "DX")
Answers = Callable[[evt.Event], Iterator[Any]]


def none(event: evt.Event) -> Iterator[Any]:
    return iter(())


@contextmanager
def archive(
    find: Answers = none, move: Answers = none, *, models: tuple[str, ...] = (FIND, MOVE)
) -> Iterator[DimsePacs]:
    """Run an archive with these answers to C-FIND and C-MOVE."""
    ae = AE("SCRIPTED")
    for model in models:
        ae.add_supported_context(model)
    server = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_C_FIND, find), (evt.EVT_C_MOVE, move)],
    )
    assert server is not None
    try:
        yield DimsePacs(
            DicomDestinationConfig(
                type="dicom",
                name="pacs",
                aet="SCRIPTED",
                host="127.0.0.1",
                port=server.server_address[1],
                timeout_s=1.0,
            ),
            "RADIOGRADE",
        )
    finally:
        server.shutdown()


def answered(*pairs: tuple[int, Dataset | None]) -> Answers:
    return lambda event: iter(pairs)


def study(**elements: str) -> Dataset:
    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def test_what_an_answer_lacks_is_lacking_and_what_is_no_study_is_left_out() -> None:
    answers = answered(
        (0xFF00, study(StudyInstanceUID="1.2.3", PatientID="P-1")),
        (0xFF01, study(StudyInstanceUID="not a uid")),
        (0xFF00, study(StudyDate="20260101")),
    )
    with archive(answers) as pacs, pacs.session() as session:
        (found,) = session.studies(QUERY)
    assert (found.study_instance_uid, found.day, found.modalities) == ("1.2.3", None, frozenset())
    assert (found.patient.id, found.patient.issuer) == ("P-1", "")
    assert found.may_hold(["DX"])


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (0xA700, UnreachableError, "no room or time for C-FIND"),
        (0xA900, RetrieveError, "does not understand the identifier"),
        (0xC123, RetrieveError, "status C123, it is unable to process it"),
        (0x0122, RetrieveError, "class is not supported"),
        (0xFE00, RetrieveError, "cancelled"),
    ],
)
def test_a_query_that_fails_is_told_in_words(
    status: int, error: type[Exception], words: str
) -> None:
    with (
        archive(answered((status, None))) as pacs,
        pacs.session() as session,
        pytest.raises(error, match=words),
    ):
        session.studies(QUERY)


def test_who_does_not_answer_in_time_is_told() -> None:
    release = threading.Event()

    def silent(event: evt.Event) -> Iterator[Any]:
        release.wait(10)
        return iter(())

    try:
        with (
            archive(silent) as pacs,
            pacs.session() as session,
            pytest.raises(UnreachableError, match="did not answer within 1 s"),
        ):
            session.studies(QUERY)
    finally:
        release.set()


def unknown(event: evt.Event) -> Iterator[Any]:
    yield (None, None)


def test_an_unknown_destination_is_found_by_what_is_tried_beforehand() -> None:
    with archive(move=unknown) as pacs:
        findings = pacs.check()
        with pacs.session() as session, pytest.raises(UnknownMoveDestinationError):
            session.retrieve(IMAGE, lambda film: None)
    assert [finding.level for finding in findings] == ["ok", "ok", "fail"]
    assert "Add the title RADIOGRADE" in findings[-1].advice


def nowhere(event: evt.Event) -> Iterator[Any]:
    yield ("127.0.0.1", 1)
    yield 1
    yield (0xFF00, study(SOPClassUID="1.2.840.10008.5.1.4.1.1.1", SOPInstanceUID="1.2.3.4"))


def test_a_node_that_is_not_reached_is_told() -> None:
    with (
        archive(move=nowhere) as pacs,
        pacs.session() as session,
        pytest.raises(RetrieveError, match=r"See that it knows the node RADIOGRADE|A801"),
    ):
        session.retrieve(IMAGE, lambda film: None)


@pytest.mark.parametrize(
    ("models", "words"), [((GET,), "offers no C-FIND"), ((FIND,), "offers no C-MOVE")]
)
def test_what_is_not_offered_is_told(models: tuple[str, ...], words: str) -> None:
    with archive(models=models) as pacs:
        failed = [one for one in pacs.check() if one.level == "fail"]
    assert len(failed) == 1
    assert words in failed[0].advice


def test_a_film_that_is_too_large_is_told_from_a_server_that_is_away() -> None:
    large = Reply(200, b"x" * 200_000, {"Content-Type": "application/dicom"})
    with running_web(large) as web:
        config = DicomWebDestinationConfig(type="dicomweb", name="pacs", url=web.url)
        pacs = DicomWebPacs(config, Limits(max_bytes=1000))
        with pacs.session() as session, pytest.raises(TooLargeError, match="66536 bytes"):
            session.retrieve(IMAGE, lambda film: None)
