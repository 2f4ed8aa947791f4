"""Storage commitment that archives are asked for: kept, missing, late, silent, and by Orthanc."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import Comprehensive3DSRStorage, SegmentationStorage
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.events import Event
from pynetdicom.presentation import build_role

from radiograde.service.config.site import DicomDestinationConfig, NodeConfig
from radiograde.service.delivery import asked_commitment
from radiograde.service.delivery.asked_commitment import CommitmentReports
from radiograde.service.delivery.commitment_repository import CommitmentRepository
from radiograde.service.delivery.destinations import commitment_request
from radiograde.service.delivery.destinations.dicom_destination import DicomDestination
from radiograde.service.dicom_pdu import COMMITMENT, COMMITMENT_INSTANCE
from radiograde.service.dimse.node import Node, start_node
from radiograde.service.documents.document import Document
from radiograde.service.errors import UnreachableError
from radiograde.service.grading.records import Records
from tests.orthanc import free_port, running_orthanc
from tests.service.delivery.withdrawing import Archive, deliver, graded, work_of
from tests.service.dimse.fakes import FakeIntake, FakeKeptInstances, wait_for
from tests.service.grading.graders import DirectWork

PACS = DicomDestinationConfig(
    type="dicom", name="pacs", aet="PACS", host="pacs", port=104, send=("sr",), commitment=True
)


class KeepingArchive(Archive):
    """Says at once whether it keeps things, or says nothing; ``lost``: what it keeps no longer."""

    def __init__(self) -> None:
        super().__init__()
        self.commits = True
        self.sends = 0
        self.asked: list[tuple[str, frozenset[str]]] = []
        self.lost: set[str] = set()
        self.loses = False
        self.at_once = True
        self.error: Exception | None = None

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        self.sends += 1
        super().send(documents, result_id)
        if self.loses:
            self.lost |= {str(one.sop_instance_uid) for one in documents}

    def commit(self, transaction_uid: str, objects: Mapping[str, str]) -> list[frozenset[str]]:
        if self.error is not None:
            raise self.error
        self.asked.append((transaction_uid, frozenset(objects)))
        kept = frozenset(set(objects) & self.stored.keys() - self.lost)
        return [kept] if self.at_once else []


def the_job(records: Records, film: str) -> Any:
    (job,) = records.jobs.get(film).deliveries
    return job


def reports_of(records: Records) -> CommitmentReports:
    return CommitmentReports(CommitmentRepository(records.database), records.deliveries)


def asking(records: Records) -> tuple[KeepingArchive, DirectWork, str]:
    archive = KeepingArchive()
    work = work_of(records, (PACS, archive))
    return archive, work, graded(records, work)


def test_a_delivery_ends_once_the_archive_keeps_everything(records: Records) -> None:
    archive, work, film = asking(records)
    work.deliver(film, "pacs")
    assert the_job(records, film).state == "delivered"
    ((_, objects),) = archive.asked
    assert objects == archive.objects_of(film)


def test_a_report_on_another_association_ends_it(records: Records) -> None:
    archive, work, film = asking(records)
    archive.at_once = False
    work.deliver(film, "pacs")
    waiting = the_job(records, film)
    assert (waiting.state, waiting.attempts, waiting.error) == ("waiting", 0, "uncommitted")
    work.deliver(film, "pacs")
    assert (len(archive.asked), archive.sends) == (1, 1), "it is not asked again at once"
    ((transaction, objects),) = archive.asked
    reports = reports_of(records)
    assert not reports.take("2.25.1", objects)
    assert reports.take(transaction, objects)
    assert not reports.take(transaction, frozenset()), "a second report changes nothing"
    work.deliver(film, "pacs")
    assert the_job(records, film).state == "delivered"
    assert archive.sends == 1


def test_what_an_archive_lost_is_sent_again(records: Records) -> None:
    archive, work, film = asking(records)
    archive.at_once = False
    work.deliver(film, "pacs")
    ((transaction, _),) = archive.asked
    assert reports_of(records).take(transaction, frozenset())
    archive.at_once = True
    work.deliver(film, "pacs")
    assert the_job(records, film).state == "delivered"
    assert (archive.sends, len(archive.asked)) == (2, 2)


def test_an_archive_that_never_keeps_it_is_left_to_a_person(records: Records) -> None:
    archive, work, film = asking(records)
    archive.loses = True
    deliver(records, work, film)
    job = the_job(records, film)
    assert (job.state, job.error) == ("parked", "uncommitted")
    assert "does not keep" in job.message
    assert archive.sends == asked_commitment.MOST_REQUESTS


def test_a_silent_archive_is_asked_again_and_then_left_to_a_person(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, work, film = asking(records)
    archive.at_once = False
    monkeypatch.setattr(asked_commitment, "REPORT_TIMEOUT", timedelta(0))
    deliver(records, work, film)
    job = the_job(records, film)
    assert (job.state, job.error) == ("parked", "uncommitted")
    assert "without a report" in job.message
    assert (archive.sends, len(archive.asked)) == (1, asked_commitment.MOST_REQUESTS)
    archive.at_once = True
    records.jobs.retry(film)
    deliver(records, work, film)
    assert the_job(records, film).state == "delivered"


def test_a_request_that_does_not_arrive_is_made_again(records: Records) -> None:
    archive, work, film = asking(records)
    archive.error = UnreachableError("It does not answer.")
    work.deliver(film, "pacs")
    assert the_job(records, film).error == "unreachable"
    archive.error = None
    work.deliver(film, "pacs")
    assert the_job(records, film).state == "delivered"
    assert len(archive.asked) == 1


def test_what_is_sent_anew_is_asked_for_anew(records: Records) -> None:
    archive, work, film = asking(records)
    work.deliver(film, "pacs")
    with records.database.write() as connection:
        records.deliveries.send_anew(connection, film)
    deliver(records, work, film)
    assert (archive.sends, len(archive.asked)) == (2, 2)


def test_a_result_that_is_withdrawn_while_a_report_is_waited_for(records: Records) -> None:
    archive, work, film = asking(records)
    archive.at_once = False
    work.deliver(film, "pacs")
    records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    deliver(records, work, film)
    assert archive.rejected == archive.objects_of(film)
    ((transaction, objects),) = archive.asked
    reports_of(records).take(transaction, objects)
    work.deliver(film, "pacs")
    assert the_job(records, film).state == "delivered"
    assert archive.sends == 2, "the documents, and the note"


def test_an_archive_is_not_asked_by_default(records: Records) -> None:
    plain = DicomDestinationConfig(type="dicom", name="pacs", aet="PACS", host="pacs", port=104)
    assert not DicomDestination(plain).commits
    archive = KeepingArchive()
    archive.commits = False
    work = work_of(records, (PACS, archive))
    work.deliver(graded(records, work), "pacs")
    assert (archive.sends, archive.asked) == (1, [])


def test_what_was_said_of_other_objects_says_nothing_of_these(records: Records) -> None:
    archive, work, film = asking(records)
    repository = CommitmentRepository(records.database)
    delivery = records.deliveries.begin(film, "pacs")
    assert delivery is not None
    repository.add(delivery, "2.25.7", ["1.2.3"])
    repository.answer("2.25.7", ["1.2.3"])
    work.deliver(film, "pacs")
    assert archive.sends == 1
    assert repository.of(delivery, ["1.2.3"]) == [], "a delivery that is done leaves nothing"


class Peer:
    """An archive that speaks DICOM: what it answers an N-ACTION with, and what it reports.

    ``earlier``: requests that it reports on first. ``answers``: statuses of its reports.
    """

    def __init__(self, status: int = 0, *, reports: bool = True) -> None:
        self.status, self.reports, self.lost = status, reports, False
        self.actions: list[Dataset] = []
        self.earlier: list[str] = []
        self.answers: list[int] = []

    def on_action(self, event: Event) -> tuple[int, None]:
        self.actions.append(event.action_information)
        if self.status == 0 and self.reports:
            threading.Timer(0.2, self._report, (event,)).start()
        return self.status, None

    def _report(self, event: Event) -> None:
        asked = event.action_information
        for transaction in (*self.earlier, asked.TransactionUID):
            answer, _ = event.assoc.send_n_event_report(
                self._report_on(asked, transaction),
                2 if self.lost else 1,
                COMMITMENT,
                COMMITMENT_INSTANCE,
            )
            self.answers.append(int(answer.Status))

    def _report_on(self, asked: Dataset, transaction: str) -> Dataset:
        ds = Dataset()
        ds.TransactionUID = transaction
        items = list(asked.ReferencedSOPSequence)
        if self.lost:
            items, failed = items[:1], items[1:]
            for one in failed:
                one.FailureReason = 0x0112
            ds.FailedSOPSequence = Items(failed)
        ds.ReferencedSOPSequence = Items(items)
        return ds


@contextmanager
def running(peer: Peer, *, commits: bool = True) -> Iterator[DicomDestination]:
    ae = AE("PEER")
    ae.supported_contexts = AllStoragePresentationContexts
    if commits:
        ae.add_supported_context(COMMITMENT)
    port = free_port()
    server = ae.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_ACTION, peer.on_action)]
    )
    assert server is not None
    node = {"type": "dicom", "name": "peer", "aet": "PEER", "host": "127.0.0.1", "port": port}
    try:
        yield DicomDestination(
            DicomDestinationConfig.model_validate(node | {"timeout_s": 20, "commitment": True})
        )
    finally:
        server.shutdown()


OBJECTS = {"1.2.3.1": str(Comprehensive3DSRStorage), "1.2.3.2": str(SegmentationStorage)}


def test_a_report_on_the_same_association_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commitment_request, "REPORT_S", 30.0)
    peer = Peer()
    with running(peer) as target:
        assert target.commit("2.25.5", OBJECTS) == [frozenset(OBJECTS)]
        peer.lost = True
        assert target.commit("2.25.6", OBJECTS) == [frozenset(["1.2.3.1"])]
    asked = peer.actions[0]
    assert asked.TransactionUID == "2.25.5"
    assert {
        one.ReferencedSOPInstanceUID: str(one.ReferencedSOPClassUID)
        for one in asked.ReferencedSOPSequence
    } == OBJECTS


def test_a_report_on_an_earlier_request_is_left_for_another_association(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commitment_request, "REPORT_S", 30.0)
    peer = Peer()
    peer.earlier = ["2.25.4"]
    with running(peer) as target:
        assert target.commit("2.25.5", OBJECTS) == [frozenset(OBJECTS)]
        wait_for(lambda: len(peer.answers) == 2)
    assert peer.answers == [0x0110, 0x0000]


def test_an_archive_that_reports_later_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commitment_request, "REPORT_S", 0.1)
    with running(Peer(reports=False)) as target:
        assert target.commit("2.25.5", OBJECTS) == []


@pytest.mark.parametrize("status", [0x0110, 0x0122, 0x0124, 0x0213])
def test_a_request_that_is_refused_is_tried_later(status: int) -> None:
    with running(Peer(status)) as target, pytest.raises(UnreachableError, match=f"{status:04X}"):
        target.commit("2.25.5", OBJECTS)


def test_an_archive_without_the_service_is_said_to_have_none() -> None:
    with running(Peer(), commits=False) as target:
        with pytest.raises(UnreachableError, match="takes no storage commitment"):
            target.commit("2.25.5", OBJECTS)
        finding = target.check()[-1]
        assert (finding.level, "commitment" in finding.what) == ("fail", True)
    with running(Peer()) as target:
        assert target.check()[-1].level == "ok"


@contextmanager
def listening(records: Records, **chosen: object) -> Iterator[Node]:
    """Run this node, which takes reports; ``chosen``: for its table of the site file."""
    table = NodeConfig.model_validate({"port": 0} | chosen)
    with start_node(
        table,
        FakeIntake(),
        FakeKeptInstances(),
        report_from=["PEER", "ORTHANC"],
        take_report=reports_of(records).take,
    ) as node:
        yield node


def report(node: Node, ds: Dataset, title: str = "PEER", event: int = 1) -> int:
    """Send a report as an archive does, on an association of its own; return the status."""
    ae = AE(title)
    ae.add_requested_context(COMMITMENT)
    association = ae.associate(
        "127.0.0.1",
        node.port,
        ae_title="RADIOGRADE",
        ext_neg=[build_role(COMMITMENT, scp_role=True)],
    )
    assert association.is_established
    try:
        status, _ = association.send_n_event_report(ds, event, COMMITMENT, COMMITMENT_INSTANCE)
        return int(status.Status)
    finally:
        association.release()


def test_this_node_takes_reports_of_archives_that_it_asks(records: Records) -> None:
    archive, work, film = asking(records)
    archive.at_once = False
    work.deliver(film, "pacs")
    ((transaction, objects),) = archive.asked
    ds, item, empty = Dataset(), Dataset(), Dataset()
    item.ReferencedSOPClassUID = Comprehensive3DSRStorage
    (item.ReferencedSOPInstanceUID,) = objects
    ds.TransactionUID = transaction
    ds.ReferencedSOPSequence = Items([item])
    empty.ReferencedSOPSequence = Items([item])
    with listening(records, store_from=["XRAY1"]) as node:
        assert report(node, ds, event=9) == 0x0113
        assert report(node, empty) == 0x0115
        assert report(node, ds, title="XRAY1") == 0x0124
        assert report(node, ds) == 0x0000
        assert report(node, ds) == 0x0000
    work.deliver(film, "pacs")
    assert the_job(records, film).state == "delivered"


class Losing(DicomDestination):
    """An archive in which something happens after it was first sent things."""

    def __init__(self, node: DicomDestinationConfig, happens: Callable[[], None]) -> None:
        super().__init__(node)
        self.sends = 0
        self._happens = happens

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        super().send(documents, result_id)
        self.sends += 1
        if self.sends == 1:
            self._happens()


def test_orthanc_says_that_it_keeps_what_it_was_sent(records: Records, tmp_path: Path) -> None:
    """What it lost before it was asked is sent again."""
    with (
        listening(records) as node,
        running_orthanc(
            tmp_path / "orthanc", modalities={"me": ("RADIOGRADE", "127.0.0.1", node.port)}
        ) as orthanc,
    ):
        config = DicomDestinationConfig(
            type="dicom",
            name="pacs",
            aet=orthanc.aet,
            host="127.0.0.1",
            port=orthanc.dicom_port,
            send=("sr", "seg"),
            commitment=True,
        )

        def lose_one() -> None:
            orthanc.delete(f"/instances/{orthanc.get('/instances')[0]}")

        target = Losing(config, lose_one)
        work = work_of(records, (config, target))
        film = graded(records, work)
        for _ in range(2):
            work.deliver(film, "pacs")
            wait_for(lambda: not _is_waited_for(records))
        work.deliver(film, "pacs")
        assert the_job(records, film).state == "delivered"
        assert target.sends == 2
        assert len(orthanc.get("/instances")) == 2


def _is_waited_for(records: Records) -> bool:
    """Return whether the last request has no report yet."""
    with records.database.reading() as connection:
        query = "SELECT outcome FROM commitments ORDER BY asked DESC"
        outcomes = list(connection.exec_driver_sql(query).scalars())
    return bool(outcomes) and outcomes[0] is None
