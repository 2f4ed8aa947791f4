from __future__ import annotations

import dataclasses
import functools

from pydicom.uid import UID

from radiograde.service.documents import document_uids
from tests.service.documents.graded_films import SOP_UID, graded_film

cached = functools.cache(graded_film)


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


def test_documents_belong_to_the_film_whatever_file_it_came_in() -> None:
    again = graded_film(StudyDescription="Sent again")
    assert again.film.sha256 != cached().film.sha256
    assert document_uids.source_key(again) == SOP_UID
    assert document_uids.document_uid(again, "sr") == document_uids.document_uid(cached(), "sr")


def test_a_film_without_a_uid_is_known_by_its_bytes() -> None:
    film = dataclasses.replace(cached().film, sop_instance_uid=None)
    nameless = dataclasses.replace(cached(), film=film)
    assert document_uids.source_key(nameless) == nameless.film.sha256
    assert document_uids.document_uid(nameless, "sr") != document_uids.document_uid(cached(), "sr")


def test_what_is_tracked_stays_the_same_under_another_model() -> None:
    one = cached()
    model = dataclasses.replace(one.result.model, sha256="ef" * 32)
    other = dataclasses.replace(one, result=dataclasses.replace(one.result, model=model))
    assert document_uids.tracking_uid(one, "zone A") == document_uids.tracking_uid(other, "zone A")
    assert document_uids.tracking_uid(one, "zone A") != document_uids.tracking_uid(one, "zone B")
