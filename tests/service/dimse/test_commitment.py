"""Storage commitment, both ways of reporting."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRBigEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import build_context

from radiograde.service.dicom_pdu import COMMITMENT, COMMITMENT_INSTANCE
from radiograde.service.dimse import commitment, commitment_report
from radiograde.service.dimse.node import Node
from radiograde.service.errors import StoreError
from tests.orthanc import free_port
from tests.service.dimse.conftest import StartNode
from tests.service.dimse.fakes import DX, TIMEOUT_S, FakeKeptInstances, status_of, wait_for

ARCHIVE = "ARCHIVE"
N_EVENT_REPORT_RSP = b"\0\0\0\1\2\0\0\0\x00\x81"
"""The element Command Field of a response."""

TRANSACTION = "1.2.826.0.1.3680043.10.1541.50"
KEPT = (DX, "1.2.826.0.1.3680043.10.1541.7.1")
MISSING = (DX, "1.2.826.0.1.3680043.10.1541.7.2")


@dataclass
class Asker:
    """The SCU of storage commitment: asks, and takes reports on any association."""

    answers: list[int] = field(default_factory=list)
    """Statuses that it answers reports with, the last one for ever; none: 0x0000."""
    reports: queue.Queue[tuple[int, Dataset]] = field(default_factory=queue.Queue)
    confirmed: queue.Queue[None] = field(default_factory=queue.Queue)

    def on_report(self, event: Event) -> tuple[int, None]:
        status = self.answers.pop(0) if len(self.answers) > 1 else (self.answers or [0])[0]
        self.reports.put((int(event.event_type or 0), event.event_information))
        return status, None

    def on_sent(self, event: Event) -> None:
        if N_EVENT_REPORT_RSP in event.pdu.encode():
            self.confirmed.put(None)

    @property
    def handlers(self) -> list[evt.EventHandlerType]:
        return [(evt.EVT_N_EVENT_REPORT, self.on_report), (evt.EVT_PDU_SENT, self.on_sent)]

    def report(self) -> tuple[int, Dataset]:
        """Return the next report once it is confirmed: a release on top upsets pynetdicom."""
        report = self.reports.get(timeout=TIMEOUT_S)
        self.confirmed.get(timeout=TIMEOUT_S)
        return report

    @contextmanager
    def listening(self, port: int) -> Iterator[None]:
        ae = AE(ARCHIVE)
        ae.add_supported_context(COMMITMENT, scu_role=True, scp_role=True)
        server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=self.handlers)
        assert server is not None
        try:
            yield
        finally:
            server.shutdown()

    def associate(self, node: Node, *syntaxes: str, calling: str = ARCHIVE) -> Association:
        ae = AE(calling)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = TIMEOUT_S
        context = build_context(COMMITMENT, list(syntaxes) or None)
        return ae.associate(
            "127.0.0.1", node.port, [context], "RADIOGRADE", evt_handlers=self.handlers
        )


def request(*references: tuple[str, str], **changed: Any) -> Dataset:
    ds = Dataset()
    ds.TransactionUID = TRANSACTION
    ds.ReferencedSOPSequence = Sequence([_item(*one) for one in references])
    for keyword, value in changed.items():
        setattr(ds, keyword, value) if value is not None else delattr(ds, keyword)
    return ds


def _item(sop_class: str, instance: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class
    item.ReferencedSOPInstanceUID = instance
    return item


def ask(
    association: Association,
    ds: Dataset | None,
    action: int = 1,
    sop_class: str = COMMITMENT,
    instance: str = COMMITMENT_INSTANCE,
) -> int:
    status, _ = association.send_n_action(ds, action, UID(sop_class), UID(instance))
    return status_of(status)


def references(ds: Dataset, keyword: str) -> list[tuple[str, str]]:
    return [
        (item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID) for item in ds.get(keyword, [])
    ]


@pytest.fixture(autouse=True)
def two_are_known(kept_instances: FakeKeptInstances) -> None:
    kept_instances.instances = {KEPT, (DX, "1.2.826.0.1.3680043.10.1541.7.9")}


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commitment_report, "BACKOFF_S", (0.0, 0.2, 0.2, 0.2))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_reports_on_the_same_association_to_who_is_not_listed(node: Node, syntax: str) -> None:
    asker = Asker()
    association = asker.associate(node, syntax)
    assert ask(association, request(KEPT)) == 0x0000
    event_type, report = asker.report()
    assert event_type == 1
    assert report.TransactionUID == TRANSACTION
    assert references(report, "ReferencedSOPSequence") == [KEPT]
    assert "FailedSOPSequence" not in report

    assert ask(association, request(KEPT, MISSING)) == 0x0000
    event_type, report = asker.report()
    assert event_type == 2
    assert references(report, "ReferencedSOPSequence") == [KEPT]
    assert references(report, "FailedSOPSequence") == [MISSING]
    assert report.FailedSOPSequence[0].FailureReason == 0x0112
    association.release()
    assert association.is_released


def test_who_releases_at_once_is_not_kept_waiting(node: Node) -> None:
    association = Asker().associate(node)
    assert ask(association, request(KEPT)) == 0x0000
    association.release()
    assert association.is_released


def test_a_long_list_is_reported_in_fragments(
    node: Node, kept_instances: FakeKeptInstances
) -> None:
    many = [(DX, f"1.2.826.0.1.3680043.10.1541.8.{number}") for number in range(300)]
    kept_instances.instances = set(many)
    asker = Asker()
    association = asker.associate(node)
    assert ask(association, request(*many)) == 0x0000
    event_type, report = asker.report()
    assert event_type == 1
    assert references(report, "ReferencedSOPSequence") == many
    association.release()


def test_reports_to_a_listed_peer_on_an_association_of_its_own(start_a_node: StartNode) -> None:
    asker, port = Asker(), free_port()
    node = start_a_node(peers=[{"aet": ARCHIVE, "host": "127.0.0.1", "port": port}])
    with asker.listening(port):
        association = asker.associate(node)
        assert ask(association, request(KEPT, MISSING)) == 0x0000
        association.release()
        event_type, report = asker.report()
    assert event_type == 2
    assert references(report, "FailedSOPSequence") == [MISSING]


def test_tries_a_report_again_until_it_is_confirmed(
    start_a_node: StartNode, capsys: pytest.CaptureFixture[str]
) -> None:
    asker, port = Asker(answers=[0x0110, 0x0000]), free_port()
    node = start_a_node(peers=[{"aet": ARCHIVE, "host": "127.0.0.1", "port": port}])
    association = asker.associate(node)
    assert ask(association, request(KEPT)) == 0x0000
    association.release()
    logged = ""

    def was_logged(words: str) -> bool:
        nonlocal logged
        logged += capsys.readouterr().out
        return words in logged

    wait_for(lambda: was_logged("not reached"))
    with asker.listening(port):
        assert asker.report() == asker.report()
        wait_for(lambda: was_logged("confirmed"))
    assert "answered 0x0110" in logged
    assert TRANSACTION not in logged


def test_gives_a_report_up_after_a_few_attempts(
    start_a_node: StartNode, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    node = start_a_node(peers=[{"aet": ARCHIVE, "host": "127.0.0.1", "port": port}])
    association = Asker().associate(node)
    assert ask(association, request(KEPT)) == 0x0000
    association.release()
    logged = ""

    def is_lost() -> bool:
        nonlocal logged
        logged += capsys.readouterr().out
        return "commitment_report_lost" in logged

    wait_for(is_lost)
    assert logged.count("not reached") == 4


def test_asks_only_who_may(start_a_node: StartNode) -> None:
    node = start_a_node(store_from=["CR1"], commit_from=[ARCHIVE])
    stranger = Asker().associate(node, calling="CR1")
    assert ask(stranger, request(KEPT)) == 0x0124
    stranger.release()
    known = Asker().associate(node)
    assert ask(known, request(KEPT)) == 0x0000
    known.release()


@pytest.mark.parametrize(
    ("ds", "changed", "status"),
    [
        (request(KEPT), {"action": 2}, 0x0123),
        (request(KEPT), {"instance": "1.2.3"}, 0x0112),
        (None, {}, 0x0115),
        (request(), {}, 0x0115),
        (request(KEPT, TransactionUID=None), {}, 0x0115),
        (request(KEPT, ReferencedSOPSequence=None), {}, 0x0115),
        (request((DX, "")), {}, 0x0115),
        (request(*[KEPT] * 5), {}, 0x0213),
    ],
)
def test_says_what_is_wrong_with_a_request(
    node: Node,
    ds: Dataset | None,
    changed: dict[str, Any],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commitment, "_MOST_REFERENCES", 4)
    association = Asker().associate(node)
    assert ask(association, ds, **changed) == status
    assert ask(association, request(KEPT)) == 0x0000
    association.release()


def test_records_that_do_not_answer_are_a_failure(
    node: Node, kept_instances: FakeKeptInstances
) -> None:
    association = Asker().associate(node)
    kept_instances.fault = StoreError("The store is away.")
    assert ask(association, request(KEPT)) == 0x0110
    association.release()


def test_a_peer_with_too_many_reports_waiting_is_refused(
    start_a_node: StartNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commitment_report, "_MOST_WAITING", 1)
    monkeypatch.setattr(commitment_report, "BACKOFF_S", (5.0,))
    node = start_a_node(peers=[{"aet": ARCHIVE, "host": "127.0.0.1", "port": free_port()}])
    association = Asker().associate(node)
    assert ask(association, request(KEPT)) == 0x0000
    assert ask(association, request(KEPT)) == 0x0213
    association.release()
