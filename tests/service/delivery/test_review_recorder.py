"""A review reaches the destinations, whatever goes on meanwhile."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydicom import dcmread

from radiograde.model.errors import NotFoundError
from radiograde.service.config.site import DocumentKind, FolderDestinationConfig
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.documents.document import Document
from radiograde.service.errors import NotReviewableError, UnreachableError
from radiograde.service.grading.records import Records
from radiograde.service.reviews.review import Judgement
from tests.service.delivery.withdrawing import recorder_of, work_of
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import png
from tests.service.film_folders import folder_of
from tests.service.grading import graders
from tests.service.grading.graders import DirectWork, Outbox
from tests.service.reviews.made import CORRECTED

CORRECTION = Judgement("corrected", CORRECTED, None)


def folder(path: Path, *send: DocumentKind, name: str = "share") -> FolderDestinationConfig:
    return FolderDestinationConfig(type="folder", name=name, path=path, send=send)


def delivered(records: Records, work: DirectWork, content: bytes | None = None) -> str:
    film = records.intake.accept(content or film_bytes(), "dicom").film_id
    work.grade(film)
    for delivery in records.jobs.get(film).deliveries:
        work.deliver(film, delivery.destination)
    return film


def state(records: Records, film: str) -> tuple[str, int]:
    (delivery,) = records.jobs.get(film).deliveries
    return delivery.state, delivery.attempts


def queued(records: Records, film: str) -> int:
    query = sa.text("SELECT count(*) FROM workflow_status WHERE workflow_uuid LIKE :id")
    with records.database.engine.connect() as connection:
        return int(connection.execute(query, {"id": f"{film}:share:%"}).scalar() or 0)


def test_after_a_review_its_report_reaches_the_folder(records: Records, tmp_path: Path) -> None:
    share = folder(tmp_path, "sr", "pdf", "json")
    work = work_of(records, (share, open_destination(share)))
    film = delivered(records, work)
    (sent,) = tmp_path.glob(f"*/{film}")
    before = (sent / "report.pdf").read_bytes()
    review = recorder_of(records, share).record(film, "kim", CORRECTION)
    assert state(records, film) == ("waiting", 1)
    assert queued(records, film) == 2
    work.deliver(film, "share")
    assert state(records, film) == ("delivered", 2)
    there = {path.name for path in sent.iterdir()}
    assert there == {"sr.dcm", f"review-{review.id}.dcm", "report.pdf", "result.json"}
    ds = dcmread(sent / f"review-{review.id}.dcm")
    assert ds.AuthorObserverSequence[0].PersonName == "kim^"
    assert (sent / "report.pdf").read_bytes() != before
    assert '"brixia": 6' in (sent / "result.json").read_text()


class Keeper:
    """A destination that keeps what it is sent, and may do something meanwhile."""

    def __init__(self) -> None:
        self.name = "share"
        self.sent: list[list[str | None]] = []
        self.meanwhile: Callable[[], object] = list

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        self.sent.append([document.sop_instance_uid for document in documents])
        self.meanwhile()

    def check(self) -> list[object]:
        return []


def test_a_review_made_while_a_delivery_goes_on_is_not_lost(
    records: Records, tmp_path: Path
) -> None:
    share, target = folder(tmp_path, "sr"), Keeper()
    work = work_of(records, (share, target))  # type: ignore[arg-type]
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work.grade(film)
    recorder = recorder_of(records, share)
    target.meanwhile = lambda: recorder.record(film, "kim", CORRECTION)
    work.deliver(film, "share")
    assert state(records, film) == ("waiting", 1)
    assert queued(records, film) == 2
    target.meanwhile = list
    work.deliver(film, "share")
    assert state(records, film) == ("delivered", 2)
    assert [len(uids) for uids in target.sent] == [1, 2]
    assert target.sent[1][0] == target.sent[0][0]


def test_a_delivery_that_waits_anyway_has_no_second_attempt_beside_it(
    records: Records, tmp_path: Path
) -> None:
    outbox = Outbox("share", UnreachableError("Nobody answers."))
    share = folder(tmp_path, "sr")
    work = work_of(records, (share, outbox))
    film = delivered(records, work)
    assert (state(records, film), queued(records, film)) == (("waiting", 1), 2)
    recorder_of(records, share).record(film, "kim", CORRECTION)
    assert (state(records, film), queued(records, film)) == (("waiting", 1), 2)
    outbox.error = None
    work.deliver(film, "share")
    assert outbox.sent == [(film, ("sr", "sr"))]


def test_what_is_parked_stays_parked_until_a_person_retries(
    records: Records, tmp_path: Path
) -> None:
    outbox, share = Outbox("share", RuntimeError()), folder(tmp_path, "sr")
    work = work_of(records, (share, outbox))
    film = delivered(records, work)
    for _ in range(4):
        work.deliver(film, "share")
    recorder_of(records, share).record(film, "kim", CORRECTION)
    assert state(records, film)[0] == "parked"
    outbox.error = None
    records.jobs.retry(film)
    work.deliver(film, "share")
    assert outbox.sent == [(film, ("sr", "sr"))]


def test_destinations_that_show_no_reviews_are_left_alone(records: Records, tmp_path: Path) -> None:
    outbox, share = Outbox("share"), folder(tmp_path, "seg", "sc")
    work = work_of(records, (share, outbox))
    film = delivered(records, work)
    recorder_of(records, share).record(film, "kim", CORRECTION)
    assert state(records, film) == ("delivered", 1)


def test_a_review_of_a_film_that_is_gone_is_kept_and_sent_nowhere(
    records: Records, tmp_path: Path
) -> None:
    outbox, share = Outbox("share"), folder(tmp_path, "sr")
    film = delivered(records, work_of(records, (share, outbox)))
    records.archive.drop(film)
    records.films.let_go([film], records.archive.drop)
    review = recorder_of(records, share).record(film, "kim", CORRECTION)
    assert records.reviews.of(film) == [review]
    assert state(records, film) == ("delivered", 1)


def test_what_could_not_be_read_or_is_not_there_cannot_be_reviewed(records: Records) -> None:
    work = graders.work_with(records)
    film = records.intake.accept(film_bytes()[:-1000], "dicom").film_id
    work.grade(film)
    recorder = recorder_of(records)
    with pytest.raises(NotReviewableError, match="nothing to review"):
        recorder.record(film, "kim", CORRECTION)
    with pytest.raises(NotFoundError):
        recorder.record("01JARADMZ00000000000000000", "kim", CORRECTION)
    assert records.reviews.reviewed() == {}


def test_a_picture_has_reviews_in_pdf_and_json_and_no_report_of_its_own(
    records: Records,
) -> None:
    film = records.intake.accept(png(), "http").film_id
    graders.work_with(records).grade(film)
    recorder_of(records).record(film, "kim", CORRECTION)
    assert [one.kind for one in records.document_store.documents(film, ("sr", "pdf", "json"))] == [
        "pdf",
        "json",
    ]


def test_documents_that_show_reviews_are_made_anew_and_the_old_ones_thrown_away(
    records: Records,
) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    graders.work_with(records).grade(film)
    recorder, document_store = recorder_of(records), records.document_store
    made = [document_store.document(film, "pdf").content]
    for reader in ("kim", "lee"):
        recorder.record(film, reader, CORRECTION)
        made.append(document_store.document(film, "pdf").content)
        assert document_store.document(film, "pdf").content == made[-1]
    assert len(set(made)) == 3
    kept = [path.name for path in folder_of(records.archive, film).iterdir()]
    assert len([name for name in kept if name.endswith("report.pdf")]) == 1


def test_a_review_changes_none_of_the_models_own_dicom_objects(records: Records) -> None:
    film = records.intake.accept(film_bytes(), "dicom").film_id
    graders.work_with(records).grade(film)
    before = records.document_store.documents(film, ("sr", "seg", "sc"))
    review = recorder_of(records).record(film, "kim", CORRECTION)
    after = records.document_store.documents(film, ("sr", "seg", "sc"))
    assert after[:3] == before
    ds = dcmread(io.BytesIO(after[3].content))
    assert after[3].name == f"review-{review.id}.dcm"
    assert (ds.SOPClassUID, ds.SOPInstanceUID) == (
        after[3].sop_class_uid,
        after[3].sop_instance_uid,
    )
