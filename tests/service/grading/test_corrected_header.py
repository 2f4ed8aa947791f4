"""A film that comes again with a corrected header: its result, documents and course follow."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.config.site import (
    FhirDestinationConfig,
    FilmSource,
    Hl7DestinationConfig,
)
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.delivery.destinations.hl7_destination import Hl7Destination
from radiograde.service.errors import NoSpaceError
from radiograde.service.films.archive import Archive as FilmArchive
from radiograde.service.films.pseudonym import label_of
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.grading import corrected_header
from radiograde.service.grading.records import Records
from radiograde.service.reviews.review import Judgement
from radiograde.service.worklist.history import History
from tests.service.delivery.receivers import running_receiver
from tests.service.delivery.test_withdrawal import PACS
from tests.service.delivery.web import running_web
from tests.service.delivery.withdrawing import (
    Archive,
    FhirServer,
    deliver,
    delivered,
    recorder_of,
    rejected_by,
    uid_of,
    work_of,
)
from tests.service.documents.graded_films import film_bytes
from tests.service.documents.validators import dciodvfy
from tests.service.fakes import FACTS, FakeScorer
from tests.service.grading.graders import DirectWork
from tests.service.reviews.made import CORRECTED

RIGHT = {
    "PatientID": "P-2",
    "PatientName": "Right^Patient",
    "AccessionNumber": "ACC-8",
    "StudyDate": "20260305",
}


def corrected(number: int = 0, changed: Mapping[str, Any] = RIGHT) -> bytes:
    return film_bytes(SOPInstanceUID=uid_of(number), **changed)


def send(records: Records, work: DirectWork, film: bytes, source: FilmSource = "dicom") -> str:
    """Have a film come in, and all of its work done."""
    id = records.intake.accept(film, source).film_id
    work.grade(id)
    work.grade(id)
    return id


def holding(archive: Archive, film: str) -> list[Dataset]:
    """Return the objects that an archive has of a film, without those that were rejected."""
    return [
        dcmread(io.BytesIO(archive.stored[uid]))
        for uid in sorted(archive.objects_of(film) - archive.rejected)
    ]


def course_of(records: Records, film: str) -> list[str]:
    limit = RepeatabilityLimit(FACTS.sha256, None)
    return [
        one.id for one in History(records.database, records.reviews, lambda: limit).of(film).films
    ]


@pytest.mark.parametrize("source", ["dicom", "dicomweb", "folder", "http"])
def test_result_and_documents_follow_a_corrected_header(
    records: Records, source: FilmSource, tmp_path: Any
) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    former = archive.objects_of(film)
    before = records.results.get(film)
    assert send(records, work, corrected(), source) == film
    deliver(records, work, film)
    assert archive.rejected == former
    (note,) = (one for one in archive.stored.values() if dcmread(io.BytesIO(one)).Modality == "KO")
    assert rejected_by(note) == former
    rejection = dcmread(io.BytesIO(note))
    assert (rejection.PatientID, rejection.StudyDate) == ("P-1", "20260304")
    assert rejection.ConceptNameCodeSequence[0].CodeValue == "113038"
    new = holding(archive, film)
    assert {ds.Modality for ds in new} == {"SR", "SEG"}
    for ds in new:
        assert {name: ds[name].value for name in RIGHT} == RIGHT
        assert dciodvfy(archive.stored[ds.SOPInstanceUID], tmp_path) == []
    after = records.results.get(film)
    assert after["scores"] == before["scores"]
    assert after["image"]["sha256"] == FilmFile(corrected(), Limits()).sha256
    assert records.archive.film(film) == corrected()
    assert records.withdrawals.standing(film) is None


def test_the_course_over_time_moves_to_the_right_patient(records: Records) -> None:
    work = work_of(records, (PACS, Archive()))
    wrong, moved = delivered(records, work, 1), delivered(records, work, 2)
    right = send(records, work, corrected(3))
    assert course_of(records, wrong) == [wrong, moved]
    assert course_of(records, right) == [right]
    send(records, work, corrected(2))
    assert course_of(records, wrong) == [wrong]
    assert set(course_of(records, right)) == {right, moved}
    labels = {label_of(str(records.films.known(f"sop:{uid_of(n)}").patient)) for n in (2, 3)}  # type: ignore[union-attr]
    assert len(labels) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"PatientName": "Right^Patient"},
        {"AccessionNumber": "ACC-8"},
        {"AcquisitionDate": "20260307"},
        {"StudyInstanceUID": "1.2.826.0.1.3680043.10.1541.77"},
        {"PatientBirthDate": "19600201"},
    ],
)
def test_each_of_them_is_a_correction(records: Records, changed: dict[str, str]) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    former = archive.objects_of(film)
    send(records, work, corrected(changed=changed))
    deliver(records, work, film)
    assert archive.rejected == former
    (name,) = changed
    header = FilmFile(records.archive.film(film), Limits()).header
    assert header is not None
    assert header.decoded(name) == changed[name]


@pytest.mark.parametrize(
    "changed",
    [
        {"StationName": "ROOM2"},
        {"StudyDescription": "Thorax"},
        {"StudyTime": "050000.000"},
        {"PatientName": "김^민준^^^"},
        {"PatientID": "", "PatientName": "ANON", "AccessionNumber": ""},
        {"PatientID": "ANONYMOUS", "PatientName": "Nobody", "PatientBirthDate": None},
        {"AccessionNumber": None, "PatientSex": ""},
    ],
)
def test_what_corrects_nothing_changes_nothing(records: Records, changed: dict[str, Any]) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    sent, kept = dict(archive.stored), records.archive.film(film)
    assert send(records, work, corrected(changed=changed)) == film
    deliver(records, work, film)
    assert (archive.stored, records.archive.film(film)) == (sent, kept)


def test_twice_is_once_and_back_again(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    for _ in range(2):
        send(records, work, corrected())
        deliver(records, work, film)
    assert len(archive.rejected) == 2
    send(records, work, film_bytes(SOPInstanceUID=uid_of(0)))
    deliver(records, work, film)
    assert len(archive.rejected) == 4
    assert {ds.PatientID for ds in holding(archive, film)} == {"P-1"}


def test_what_readers_reviewed_moves_with_its_reviews(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    recorder_of(records, PACS).record(film, "kim", Judgement("corrected", CORRECTED))
    deliver(records, work, film)
    former, scores = archive.objects_of(film), records.results.get(film)["scores"]
    send(records, work, corrected())
    deliver(records, work, film)
    assert archive.rejected == former
    assert [one.reviewer for one in records.reviews.of(film)] == ["kim"]
    after = records.results.get(film)
    assert after["scores"] == scores
    assert after["image"]["sha256"] == FilmFile(corrected(), Limits()).sha256
    new = holding(archive, film)
    assert sorted(ds.Modality for ds in new) == ["SEG", "SR", "SR"]
    assert {ds.PatientID for ds in new} == {"P-2"}
    send(records, work, corrected())
    deliver(records, work, film)
    assert archive.rejected == former


def test_whoever_waits_is_answered_with_the_result_of_the_corrected_film(
    records: Records,
) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    former, before = archive.objects_of(film), records.results.get(film)
    answered = work.grader.answer(corrected())
    assert answered.id == film
    assert answered.to_json() == records.results.get(film)
    assert answered.to_json()["image"] != before["image"]
    assert not records.films.corrections.is_open(film)
    assert records.jobs.get(film).attempts == 1
    work.grade(film)
    deliver(records, work, film)
    assert archive.rejected == former
    assert {ds.PatientID for ds in holding(archive, film)} == {"P-2"}
    assert work.grader.answer(corrected()).id == film
    assert [one.id for one in records.jobs.page(9)] == [film]


def test_whoever_waits_for_a_reviewed_film_is_answered_with_what_moved(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    recorder_of(records, PACS).record(film, "kim", Judgement("corrected", CORRECTED))
    scores = records.results.get(film)["scores"]
    answered = work.grader.answer(corrected()).to_json()
    assert (answered["id"], answered["scores"]) == (film, scores)
    assert answered["image"]["sha256"] == FilmFile(corrected(), Limits()).sha256
    deliver(records, work, film)
    assert {ds.PatientID for ds in holding(archive, film)} == {"P-2"}


def test_a_fhir_report_of_the_wrong_patient_is_entered_in_error(records: Records) -> None:
    server = FhirServer()
    with running_web(server.answer) as web:
        ehr = FhirDestinationConfig(type="fhir", name="ehr", url=f"{web.url}/fhir")
        work = work_of(records, (ehr, FhirDestination(ehr)))
        film = delivered(records, work)
        recorder_of(records, ehr).record(film, "kim", Judgement("corrected", CORRECTED))
        deliver(records, work, film)
        send(records, work, corrected())
        deliver(records, work, film)
    verdicts = [one for one in server.kept.values() if "focus" in one]
    moved = {one["status"]: one["subject"]["identifier"]["value"] for one in verdicts}
    assert moved == {"entered-in-error": "P-1", "preliminary": "P-2"}
    reports = [one for one in server.kept.values() if one["resourceType"] == "DiagnosticReport"]
    told = {one["status"]: one["subject"]["identifier"]["value"] for one in reports}
    assert told == {"entered-in-error": "P-1", "preliminary": "P-2"}
    standing = [one for one in server.kept.values() if one.get("status") == "preliminary"]
    assert "P-1" not in json.dumps(standing)


def test_messages_take_back_what_was_said_of_the_wrong_patient(records: Records) -> None:
    with running_receiver() as receiver:
        table = {"type": "hl7", "name": "ris", "host": "127.0.0.1", "port": receiver.port}
        ris = Hl7DestinationConfig.model_validate(table)
        work = work_of(records, (ris, Hl7Destination(ris)))
        film = delivered(records, work)
        send(records, work, corrected())
        deliver(records, work, film)
    told = [
        (str(one.segment("PID")[3]).split("^")[0], {str(obx[11]) for obx in one.segments("OBX")})
        for one in receiver.messages
    ]
    assert told == [("P-1", {"P"}), ("P-1", {"W"}), ("P-2", {"P"})]


def test_a_withdrawn_film_is_graded_again_once_its_header_is_corrected(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    former = archive.objects_of(film)
    records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient", "patient_safety")
    deliver(records, work, film)
    send(records, work, corrected())
    deliver(records, work, film)
    assert records.withdrawals.standing(film) is None
    assert archive.rejected == former
    assert {ds.PatientID for ds in holding(archive, film)} == {"P-2"}


def test_what_was_withdrawn_and_reviewed_stays_withdrawn(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    recorder_of(records, PACS).record(film, "kim", Judgement("corrected", CORRECTED))
    records.withdrawal_recorder().withdraw(film, "kim", "Cut off")
    deliver(records, work, film)
    send(records, work, corrected())
    deliver(records, work, film)
    assert records.withdrawals.standing(film) is not None
    assert holding(archive, film) == []


def test_a_header_that_is_corrected_while_its_film_is_graded(records: Records) -> None:
    """What was graded of the former file is not kept; the work of the new one is."""
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = records.intake.accept(film_bytes(SOPInstanceUID=uid_of(0)), "dicom").film_id

    class Correcting(FakeScorer):
        def score(self, *args: Any, **kwargs: Any) -> SeverityResult:
            records.intake.accept(corrected(), "dicom")
            return super().score(*args, **kwargs)

    grader = work.grader
    slow = type(grader)(grader._records, Correcting(), Limits())
    slow.grade_waiting(film)
    assert records.results.find(film) is None
    work.grade(film)
    deliver(records, work, film)
    assert {ds.PatientID for ds in holding(archive, film)} == {"P-2"}
    assert archive.rejected == set()


def test_a_kill_between_record_and_file(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)

    def killed(*_: object) -> None:
        raise NoSpaceError("Killed.")

    with monkeypatch.context() as patched:
        patched.setattr(FilmArchive, "adopt_correction", killed)
        with pytest.raises(NoSpaceError):
            records.intake.accept(corrected(), "dicom")
    work.grade(film)
    work.grade(film)
    deliver(records, work, film)
    assert records.archive.film(film) == corrected()
    assert {ds.PatientID for ds in holding(archive, film)} == {"P-2"}


def test_a_correction_that_cannot_be_followed_yet_is_followed_later(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)

    def full(*_: object, **__: object) -> None:
        raise NoSpaceError("Full.")

    with monkeypatch.context() as patched:
        patched.setattr(corrected_header, "_grades_again", full)
        send(records, work, corrected())
    assert records.films.corrections.is_open(film)
    work.grade(film)
    work.grade(film)
    assert not records.films.corrections.is_open(film)
    deliver(records, work, film)
    assert {ds.PatientID for ds in holding(archive, film)} == {"P-2"}


def test_a_film_that_was_let_go_comes_back_corrected(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    records.films.mark_gone([film])
    records.archive.drop(film)
    send(records, work, corrected())
    deliver(records, work, film)
    assert {ds.PatientID for ds in holding(archive, film)} == {"P-2"}
    assert len(archive.rejected) == 2


def test_nothing_is_left_of_a_correction_of_a_film_that_was_set_aside(records: Records) -> None:
    film = records.intake.accept(film_bytes(SOPInstanceUID=uid_of(0)), "dicom").film_id
    with records.database.write() as connection:
        assert records.films.set_aside(connection, film, "lateral_view")
    assert records.intake.accept(corrected(), "dicom").film_id == film
    assert not records.archive.has_correction(film)
    assert records.archive.film(film) == film_bytes(SOPInstanceUID=uid_of(0))
