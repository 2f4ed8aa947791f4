"""A withdrawn result leaves every record, whenever a worker is killed."""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import hl7
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, KeyObjectSelectionDocumentStorage
from sqlalchemy import event

from radiograde.model.limits import Limits
from radiograde.service.config.site import (
    DicomDestinationConfig,
    FhirDestinationConfig,
    FolderDestinationConfig,
    Hl7DestinationConfig,
)
from radiograde.service.delivery.destinations.destination import Taken
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.delivery.destinations.folder_destination import FolderDestination
from radiograde.service.delivery.destinations.hl7_destination import Hl7Destination
from radiograde.service.documents import codes, document_kinds
from radiograde.service.errors import ExportError, ReviewedError, UndocumentedError, WithdrawnError
from radiograde.service.grading.records import Records
from radiograde.service.labelling.export import Choice, ReviewExport
from radiograde.service.reviews.review import Judgement
from radiograde.service.reviews.withdrawal import SentObject, Withdrawal
from tests.service.delivery.receivers import Answer, Receiver, ack, running_receiver
from tests.service.delivery.web import running_web
from tests.service.delivery.withdrawing import (
    Archive,
    FhirServer,
    Killed,
    Mortal,
    deliver,
    delivered,
    film_of,
    graded,
    recorder_of,
    rejected_by,
    short_report,
    uid_of,
    work_of,
)
from tests.service.documents.validators import dciodvfy, dsrdump
from tests.service.grading.graders import DirectWork
from tests.service.reviews.made import CORRECTED

PACS = DicomDestinationConfig(
    type="dicom", name="pacs", aet="PACS", host="pacs", port=104, send=("sr", "seg")
)
FILMS, TAKEN_BACK = 20, 9


def test_exactly_what_was_withdrawn_is_withdrawn_everywhere_under_random_kills(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, between and after deliveries: an archive, FHIR and HL7 servers, the records."""
    short = f"{short_report.__module__}:{short_report.__name__}"
    monkeypatch.setattr(document_kinds, "BUILDERS", {**document_kinds.BUILDERS, "sr": short})
    dice = random.Random(29)  # noqa: S311 - what it decides is no secret
    archive, server = Archive(), FhirServer()
    pacs = PACS.model_copy(update={"send": ("sr",)})
    with running_web(server.answer) as web, running_receiver(forgetful(dice)) as receiver:
        ehr = FhirDestinationConfig(type="fhir", name="ehr", url=f"{web.url}/fhir")
        ris = Hl7DestinationConfig(type="hl7", name="ris", host="localhost", port=receiver.port)
        opened = ((pacs, archive), (ehr, FhirDestination(ehr)), (ris, Hl7Destination(ris)))
        targets = tuple((config, Mortal(target, dice)) for config, target in opened)
        work = work_of(records, *targets)
        films = [graded(records, work, number) for number in range(FILMS)]
        early, midst, late = films[:3], films[3:7], films[7:TAKEN_BACK]
        withdraw_all(records, early)
        dice.shuffle(films)
        deliver_amid(records, work, films, midst, dice)
        withdraw_all(records, late)
        deliver(records, work, *films)
    assert {job.state for film in films for job in records.jobs.get(film).deliveries} == {
        "delivered"
    }
    withdrawn = {*early, *midst, *late}
    assert {film for film in films if records.withdrawals.standing(film)} == withdrawn
    sent = {film: archive.objects_of(film) for film in films}
    assert archive.rejected == {uid for film in withdrawn for uid in sent[film]}
    assert all(sent[film] for film in films if film not in (*early, *midst))
    assert not any(sent[film] for film in early)
    told = statuses_at(records, server)
    assert told.keys() >= set(films) - {*early, *midst}
    assert not told.keys() & set(early)
    assert all(len(told[film]) == 1 for film in told), "there is one report of each"
    assert {film for film in told if told[film] == ["entered-in-error"]} == withdrawn & told.keys()
    assert {film for film in told if told[film] == ["preliminary"]} == set(films) - withdrawn
    parts = [one for one in server.kept.values() if one["resourceType"] == "Observation"]
    in_error = [one for one in parts if one["status"] == "entered-in-error"]
    assert len(in_error) * len(told) == len(parts) * len(withdrawn & told.keys())
    for film in films:
        if film in withdrawn:
            with pytest.raises(UndocumentedError):
                records.document_store.document(film, "fhir")
        else:
            assert records.document_store.document(film, "fhir").content
    messages = last_of_each(receiver)
    assert {film for film in messages if messages[film] == "W"} == withdrawn & messages.keys()
    assert {film for film in messages if messages[film] == "P"} == set(films) - withdrawn


def forgetful(dice: random.Random) -> Answer:
    """Return a receiver that loses every fifth acknowledgement, and doubles every fifth."""

    def answer(message: hl7.Message) -> list[bytes] | None:
        return dice.choice([None, [ack(message)] * 2, *([[ack(message)]] * 3)])

    return answer


def last_of_each(receiver: Receiver) -> dict[str, str]:
    """Return the status of each film's last message; a control id means one message for ever."""
    by_id: dict[str, str] = {}
    found = {}
    for message in receiver.messages:
        control_id = str(message.segment("MSH")[10])
        assert by_id.setdefault(control_id, str(message)) == str(message)
        (status,) = {str(obx[11]) for obx in message.segments("OBX")}
        found[str(message.segment("OBR")[3][0][0])] = status
    return found


def withdraw_all(records: Records, films: Sequence[str]) -> None:
    for film in films:
        records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient", "patient_safety")


def deliver_amid(
    records: Records,
    work: DirectWork,
    films: Sequence[str],
    withdrawn: Sequence[str],
    dice: random.Random,
) -> None:
    """Deliver all films, and withdraw some while they, or others, are being delivered."""
    rest = list(withdrawn)
    for film in films:
        for destination in ("pacs", "ehr", "ris"):
            if rest and dice.random() < 0.2:
                withdraw_all(records, [rest.pop()])
            with contextlib.suppress(Killed):
                work.deliver(film, destination)
            if film in rest and dice.random() < 0.5:
                rest.remove(film)
                withdraw_all(records, [film])
    withdraw_all(records, rest)
    deliver(records, work, *films)


def statuses_at(records: Records, server: FhirServer) -> dict[str, list[str]]:
    """Return the statuses of the reports that a server has, by the film that each was sent of."""
    with records.database.reading() as connection:
        sent = connection.exec_driver_sql("SELECT name, film_id FROM sent_objects")
        film_of = {str(row.name): str(row.film_id) for row in sent}
    found: dict[str, list[str]] = {}
    for one in server.kept.values():
        if one["resourceType"] == "DiagnosticReport":
            found.setdefault(film_of[one["identifier"][0]["value"]], []).append(one["status"])
    return found


def test_a_note_names_every_object_says_why_and_is_valid(records: Records, tmp_path: Path) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    sent = archive.objects_of(film)
    records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient", "patient_safety")
    deliver(records, work, film)
    (note,) = [uid for uid in archive.stored if uid not in sent]
    content = archive.stored[note]
    assert rejected_by(content) == sent
    assert len(sent) == 2
    assert dciodvfy(content, tmp_path) == []
    assert "Wrong patient" in dsrdump(content, tmp_path)
    ds = dcmread(io.BytesIO(content))
    assert ds.ConceptNameCodeSequence[0].CodeValue == codes.REJECTED_SAFETY.value
    assert ds.PatientID == "P-1"


def test_what_was_withdrawn_is_not_given_out_and_does_not_count(records: Records) -> None:
    work = work_of(records, (PACS, Archive()))
    film = delivered(records, work)
    recorder_of(records, PACS).record(film, "kim", Judgement("corrected", CORRECTED))
    assert len(ReviewExport(records, Choice(), Limits())) == 1
    made = records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    assert records.withdrawal_recorder().withdraw(film, "lee", "Again") == made
    with pytest.raises(UndocumentedError, match="withdrawn"):
        records.document_store.document(film, "sr")
    with pytest.raises(ExportError):
        ReviewExport(records, Choice(), Limits())


def test_a_film_that_is_graded_again_replaces_what_was_sent(records: Records) -> None:
    """The former objects are rejected, and the new report names the former one."""
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    former = archive.objects_of(film)
    again = work.grader.answer(film_of(0), again=True)
    assert again.id == film
    deliver(records, work, film)
    assert archive.rejected == former
    new = archive.objects_of(film) - former
    assert len(new) == 2
    (report,) = [
        ds
        for ds in (dcmread(io.BytesIO(archive.stored[uid])) for uid in new)
        if ds.Modality == "SR"
    ]
    (study,) = report.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID in former
    assert records.withdrawals.standing(film) is None


def test_a_withdrawn_film_that_is_sent_again_is_graded_again(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    records.withdrawal_recorder().withdraw(film, "kim", "Cut off")
    deliver(records, work, film)
    former = set(archive.rejected)
    work.grader.answer(film_of(0))
    assert records.withdrawals.standing(film) is None
    deliver(records, work, film)
    assert archive.rejected == former
    assert len(archive.objects_of(film) - former) == 2


def test_a_withdrawn_result_that_readers_reviewed_is_given_to_no_sender(records: Records) -> None:
    work = work_of(records, (PACS, Archive()))
    film = delivered(records, work)
    recorder_of(records, PACS).record(film, "kim", Judgement("corrected", CORRECTED))
    assert work.grader.answer(film_of(0)).id == film
    records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    with pytest.raises(ReviewedError):
        work.grader.answer(film_of(0))


def test_what_an_earlier_version_delivered_is_taken_back_too(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    with records.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM sent_objects")
    records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    deliver(records, work, film)
    assert archive.rejected == archive.objects_of(film)


def test_a_folder_gets_the_note_and_the_words(records: Records, tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    config = FolderDestinationConfig(
        type="folder", name="share", path=tmp_path / "share", send=("sr", "json")
    )
    work = work_of(records, (config, FolderDestination(config)))
    film = delivered(records, work)
    records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    deliver(records, work, film)
    (words,) = (tmp_path / "share").glob(f"*/{film}/withdrawn.json")
    assert json.loads(words.read_text())["reason"] == "Wrong patient"
    assert rejected_by((words.parent / "rejection.dcm").read_bytes())


def test_a_film_graded_again_and_then_withdrawn_is_withdrawn_in_its_folder(
    records: Records, tmp_path: Path
) -> None:
    """Files that have the same names after every grading are taken back all the same."""
    (tmp_path / "share").mkdir()
    config = FolderDestinationConfig(
        type="folder", name="share", path=tmp_path / "share", send=("fhir", "fhir_r5", "json")
    )
    work = work_of(records, (config, FolderDestination(config)))
    film = delivered(records, work)
    work.grader.answer(film_of(0), again=True)
    deliver(records, work, film)
    there = {path.name for path in (tmp_path / "share").glob(f"*/{film}/*")}
    assert there == {"fhir.json", "fhir-r5.json", "result.json"}
    records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    deliver(records, work, film)
    (words,) = (tmp_path / "share").glob(f"*/{film}/withdrawn.json")
    assert json.loads(words.read_text())["reason"] == "Wrong patient"


def test_observations_that_lead_in_a_circle_are_each_read_once(records: Records) -> None:
    server, now = FhirServer(), datetime.now(UTC)
    sent = SentObject("film", "ehr", "1.2.3", "fhir", None, None, None, now, now)
    server.kept = {
        "DiagnosticReport/1": {
            "resourceType": "DiagnosticReport",
            "id": "1",
            "status": "preliminary",
            "identifier": [{"system": "urn:dicom:uid", "value": "1.2.3"}],
            "result": [{"reference": "Observation/2"}],
        },
        "Observation/2": {
            "resourceType": "Observation",
            "id": "2",
            "status": "preliminary",
            "hasMember": [{"reference": "Observation/2"}],
        },
    }
    withdrawal = Withdrawal("w", "film", now, "kim", "quality", "Wrong patient", stands=True)
    with running_web(server.answer) as web:
        ehr = FhirDestinationConfig(type="fhir", name="ehr", url=f"{web.url}/fhir")
        FhirDestination(ehr).withdraw(Taken(withdrawal, (sent,), None), "film")
        assert len(web.requests) == 4
    assert {one["status"] for one in server.kept.values()} == {"entered-in-error"}


def test_a_delivery_asks_the_database_once_what_was_withdrawn(records: Records) -> None:
    """However many objects it sends, it records them at once."""
    asked: list[str] = []
    work = work_of(records, (PACS, Archive()))
    film = graded(records, work)
    records.document_store.documents(film, PACS.kinds)
    event.listen(
        records.database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: asked.append(statement),
    )
    work.deliver(film, PACS.name)
    assert sum("FROM withdrawals" in one for one in asked) == 1
    assert sum("sent_objects" in one for one in asked) == 2


def test_a_result_that_was_withdrawn_is_not_reviewed(records: Records) -> None:
    work = work_of(records, (PACS, Archive()))
    film = delivered(records, work)
    recorder = recorder_of(records, PACS)
    records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    with pytest.raises(WithdrawnError):
        recorder.record(film, "kim", Judgement("corrected", CORRECTED))
    assert records.reviews.of(film) == []
    deliver(records, work, film)
    work.grader.answer(film_of(0), again=True)
    assert recorder.record(film, "kim", Judgement("corrected", CORRECTED)).result_id == film


def note_on(uid: str, title: str = "113001") -> bytes:
    """Return another archive's rejection note on one instance."""
    concept, instance, series, study, ds = (Dataset() for _ in range(5))
    concept.CodeValue, concept.CodingSchemeDesignator = title, "DCM"
    concept.CodeMeaning = "Rejected for Quality Reasons"
    instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = "1.2.3", uid
    series.SeriesInstanceUID, series.ReferencedSOPSequence = "1.2.4", [instance]
    study.StudyInstanceUID, study.ReferencedSeriesSequence = "1.2.5", [series]
    ds.SOPClassUID = KeyObjectSelectionDocumentStorage
    ds.SOPInstanceUID, ds.Modality = f"1.2.6.{title}", "KO"
    ds.ConceptNameCodeSequence = [concept]
    ds.CurrentRequestedProcedureEvidenceSequence = [study]
    ds.ensure_file_meta()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_a_rejection_note_that_comes_in_withdraws_the_films_result(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film, other = (delivered(records, work, number) for number in (1, 2))
    uid = uid_of(1)
    ordinary = records.intake.accept(note_on(uid, "113000"), "dicom").film_id
    work.grade(ordinary)
    assert records.withdrawals.standing(film) is None
    note = records.intake.accept(note_on(uid), "dicom").film_id
    work.grade(note)
    withdrawn = records.withdrawals.standing(film)
    assert withdrawn is not None
    assert withdrawn.code == "quality"
    assert records.withdrawals.standing(other) is None
    deliver(records, work, film)
    assert archive.rejected == archive.objects_of(film)


def test_a_rejection_of_a_report_withdraws_its_result(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    (report, *_) = sorted(archive.objects_of(film))
    work.grade(records.intake.accept(note_on(report), "dicom").film_id)
    assert records.withdrawals.standing(film) is not None


def test_an_own_note_that_comes_back_withdraws_nothing(records: Records) -> None:
    archive = Archive()
    work = work_of(records, (PACS, archive))
    film = delivered(records, work)
    former = archive.objects_of(film)
    work.grader.answer(film_of(0), again=True)
    deliver(records, work, film)
    (note,) = [
        content
        for content in archive.stored.values()
        if dcmread(io.BytesIO(content)).Modality == "KO"
    ]
    assert rejected_by(note) == former
    work.grade(records.intake.accept(note, "dicom").film_id)
    assert records.withdrawals.standing(film) is None
