from __future__ import annotations

import dataclasses
import functools
import io
from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from pydicom import dcmread
from pydicom.uid import UID

from radiograde.service.config.site import DocumentKind
from radiograde.service.documents import document_uids
from radiograde.service.documents.document_form import DocumentForm
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.object_reference import ObjectReference
from radiograde.service.documents.sr.structured_report import structured_report
from tests.service.documents.graded_films import BEGAN, SOP_UID, graded_film

cached = functools.cache(graded_film)
DICOM_KINDS: tuple[DocumentKind, ...] = ("sr", "seg", "sc", "pr", "doc")


def test_the_same_parts_give_the_same_uid_in_every_version() -> None:
    """Changing this makes twins of every document that was ever stored."""
    assert document_uids.derived_uid("a", "b") == "2.25.205348207337480586946061310566207473643"


def test_uids_are_valid_and_short() -> None:
    for index in range(200):
        uid = UID(document_uids.derived_uid(str(index)))
        assert uid.is_valid
        assert len(uid) <= 44


def test_parts_are_kept_apart() -> None:
    assert (
        len({document_uids.derived_uid(*parts) for parts in (("ab", "c"), ("a", "bc"), ("abc",))})
        == 3
    )


def test_documents_of_a_film_differ_by_kind_and_model_and_from_their_series() -> None:
    one = cached()
    model = dataclasses.replace(one.result.model, sha256="ef" * 32)
    other = dataclasses.replace(one, result=dataclasses.replace(one.result, model=model))
    made = [
        make(graded, kind)
        for make in (document_uids.document_uid, document_uids.series_uid)
        for graded in (one, other)
        for kind in ("sr", "seg", "sc")
    ]
    assert len(set(made)) == 12
    assert document_uids.document_uid(cached(), "sr") == document_uids.document_uid(one, "sr")


def test_another_header_gives_other_documents_that_track_the_same() -> None:
    again = graded_film(StudyDescription="Sent again")
    assert again.film.sha256 != cached().film.sha256
    assert document_uids.source_key(again) == SOP_UID
    assert document_uids.document_uid(again, "sr") != document_uids.document_uid(cached(), "sr")
    assert document_uids.tracking_uid(again, "a") == document_uids.tracking_uid(cached(), "a")


def test_a_film_without_a_uid_is_known_by_its_bytes() -> None:
    film = dataclasses.replace(cached().film, sop_instance_uid=None)
    nameless = dataclasses.replace(cached(), film=film)
    assert document_uids.source_key(nameless) == nameless.film.sha256
    assert document_uids.tracking_uid(nameless, "a") != document_uids.tracking_uid(cached(), "a")


def changed_result(**changes: object) -> GradedFilm:
    return dataclasses.replace(cached(), result=dataclasses.replace(cached().result, **changes))  # type: ignore[arg-type]


OTHERS: dict[str, Callable[[], GradedFilm]] = {
    "graded again": lambda: dataclasses.replace(cached(), began=BEGAN + timedelta(seconds=9)),
    "another id": lambda: changed_result(id="01JARADMZ00000000000000001"),
    "another model": lambda: changed_result(
        model=dataclasses.replace(cached().result.model, sha256="ef" * 32)
    ),
    "without maps": lambda: changed_result(maps=None),
    "another header": lambda: graded_film(StudyDescription="Sent again"),
    "another form": lambda: dataclasses.replace(cached(), form=DocumentForm("ISO_IR 100")),
    "after a withdrawal": lambda: dataclasses.replace(cached(), withdrawn=1),
}


@pytest.mark.parametrize("made", OTHERS.values(), ids=OTHERS)
def test_other_bytes_never_share_a_uid(made: Callable[[], GradedFilm]) -> None:
    """PS3.3 C.12.1.1.5: each kind, and its series, has UIDs of its own."""
    for name in (document_uids.document_uid, document_uids.series_uid):
        for kind in DICOM_KINDS:
            assert name(made(), kind) != name(cached(), kind)


def test_another_version_of_what_writes_gives_other_uids() -> None:
    before = document_uids.document_uid(cached(), "sr")
    with patch.object(document_uids, "writers", lambda: ("radiograde 99",)):
        assert document_uids.document_uid(cached(), "sr") != before
    assert document_uids.document_uid(cached(), "sr") == before


def test_an_object_that_is_kept_keeps_the_uid_that_it_was_sent_under() -> None:
    kept = ObjectReference("1.2.3", "1.2.3.4", "1.2.3.5", "1.2.3.6")
    graded = dataclasses.replace(cached(), kept={"seg": kept})
    assert document_uids.document_uid(graded, "seg") == "1.2.3.4"
    assert document_uids.series_uid(graded, "seg") == "1.2.3.5"
    report = dcmread(io.BytesIO(structured_report(graded).content))
    assert "1.2.3.4" in str(report.CurrentRequestedProcedureEvidenceSequence)


def test_what_is_tracked_stays_the_same_under_another_model() -> None:
    one = cached()
    model = dataclasses.replace(one.result.model, sha256="ef" * 32)
    other = dataclasses.replace(one, result=dataclasses.replace(one.result, model=model))
    assert document_uids.tracking_uid(one, "zone A") == document_uids.tracking_uid(other, "zone A")
    assert document_uids.tracking_uid(one, "zone A") != document_uids.tracking_uid(one, "zone B")
