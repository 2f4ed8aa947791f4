"""Storage commitment reports, PS3.4 J.3.3, and how a listed peer gets them: a few attempts each."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.presentation import build_context, build_role

from radiograde.service.config.site import Peer
from radiograde.service.dicom_pdu import COMMITMENT, COMMITMENT_INSTANCE, bound_socket
from radiograde.service.dimse.association_rules import UNCOMPRESSED
from radiograde.service.documents.document_uids import IMPLEMENTATION_CLASS_UID

log = structlog.get_logger("radiograde.node")

ALL_KEPT, SOME_MISSING = 1, 2
"""Event types, PS3.4 J.3.3."""

_NO_SUCH_OBJECT = 0x0112
"""Failure reason (0008,1197), PS3.3 C.14."""

BACKOFF_S = (0.0, 5.0, 30.0, 120.0)
"""Before each attempt. After the last the report is lost, and the peer has to ask again."""

_TIMEOUT_S = 10.0
_MOST_WAITING = 64
_MOST_AT_ONCE = 4

Reference = tuple[str, str]
"""SOP class and instance UID."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is kept of the instances of one transaction."""

    transaction_uid: str
    kept: tuple[Reference, ...]
    missing: tuple[Reference, ...]

    @property
    def event_type(self) -> int:
        """Event type ID of the N-EVENT-REPORT."""
        return SOME_MISSING if self.missing else ALL_KEPT

    def to_dataset(self) -> Dataset:
        """Return the event information, PS3.4 Table J.3-2."""
        ds = Dataset()
        ds.TransactionUID = self.transaction_uid
        if self.kept:
            ds.ReferencedSOPSequence = Sequence(_item(*one) for one in self.kept)
        if self.missing:
            ds.FailedSOPSequence = Sequence(_failed_item(*one) for one in self.missing)
        return ds


class Reporter:
    """Sends reports on threads of its own; safe to share among associations."""

    def __init__(self, aet: str, peers: Iterable[Peer]) -> None:
        self._aet = aet
        self._peers = {peer.aet: peer for peer in peers}
        self._waiting: set[threading.Thread] = set()
        self._turns = threading.BoundedSemaphore(_MOST_AT_ONCE)
        self._closing = threading.Event()

    def knows(self, title: str) -> bool:
        """Whether this AE title is a listed peer."""
        return title in self._peers

    @property
    def has_room(self) -> bool:
        """Whether another report can wait."""
        return len(self._waiting) < _MOST_WAITING

    def submit(self, title: str, report: Report) -> None:
        """Send a report to a listed peer, now and, if it does not arrive, a few times later."""
        thread = threading.Thread(
            target=self._deliver,
            args=(self._peers[title], report),
            name="commitment-report",
            daemon=True,
        )
        self._waiting.add(thread)
        thread.start()

    def close(self) -> None:
        """Give up what waits for another attempt."""
        self._closing.set()

    def _deliver(self, peer: Peer, report: Report) -> None:
        bound = log.bind(peer=peer.aet, kept=len(report.kept), missing=len(report.missing))
        try:
            for attempt, backoff_s in enumerate(BACKOFF_S, start=1):
                if self._closing.wait(backoff_s):
                    break
                with self._turns:
                    outcome = self._send(peer, report)
                write = bound.info if outcome == "confirmed" else bound.warning
                write("commitment_report", attempt=attempt, outcome=outcome)
                if outcome == "confirmed":
                    return
            bound.error("commitment_report_lost")
        finally:
            self._waiting.discard(threading.current_thread())

    def _send(self, peer: Peer, report: Report) -> str:
        """Return ``confirmed``, or why it was not."""
        try:
            association = self._associate(peer)
        except (OSError, RuntimeError):
            return "not reached"
        if not association.is_established:
            return "rejected" if association.is_rejected else "not reached"
        try:
            status, _ = association.send_n_event_report(
                report.to_dataset(), report.event_type, COMMITMENT, COMMITMENT_INSTANCE
            )
        except (ValueError, RuntimeError):
            return "commitment not accepted"
        finally:
            with contextlib.suppress(RuntimeError):
                association.release()
        if "Status" not in status:
            return "not answered"
        return "confirmed" if status.Status == 0 else f"answered 0x{status.Status:04X}"

    def _associate(self, peer: Peer) -> Association:
        ae = AE(self._aet)
        ae.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
        ae.connection_timeout = ae.acse_timeout = ae.dimse_timeout = _TIMEOUT_S
        ae.network_timeout = _TIMEOUT_S
        return ae.associate(
            peer.host,
            peer.port,
            contexts=[build_context(COMMITMENT, list(UNCOMPRESSED))],
            ae_title=peer.aet,
            ext_neg=[build_role(COMMITMENT, scp_role=True)],
            evt_handlers=[(evt.EVT_CONN_OPEN, bound_socket, [_TIMEOUT_S])],
        )


def _item(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class_uid
    item.ReferencedSOPInstanceUID = sop_instance_uid
    return item


def _failed_item(sop_class_uid: str, sop_instance_uid: str) -> Dataset:
    item = _item(sop_class_uid, sop_instance_uid)
    item.FailureReason = _NO_SUCH_OBJECT
    return item
