"""Storage commitment reports to listed peers: each on an association of its own, a few times."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable

import structlog
from pydicom.uid import UID
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import build_context, build_role

from radiograde.service.config.site import Peer
from radiograde.service.dimse.contexts import COMMITMENT, COMMITMENT_INSTANCE, PLAIN
from radiograde.service.dimse.report import Report
from radiograde.service.documents.uids import IMPLEMENTATION_CLASS_UID

log = structlog.get_logger("radiograde.node")

PAUSES_S = (0.0, 5.0, 30.0, 120.0)
"""Before each attempt. After the last the report is lost, and the peer has to ask again."""

_TIMEOUT_S = 10.0
_MOST_WAITING = 64
_MOST_AT_ONCE = 4


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
        told = log.bind(peer=peer.aet, kept=len(report.kept), missing=len(report.missing))
        try:
            for attempt, backoff_s in enumerate(PAUSES_S, start=1):
                if self._closing.wait(backoff_s):
                    break
                with self._turns:
                    outcome = self._send(peer, report)
                tell = told.info if outcome == "confirmed" else told.warning
                tell("commitment_report", attempt=attempt, outcome=outcome)
                if outcome == "confirmed":
                    return
            told.error("commitment_report_lost")
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
            contexts=[build_context(COMMITMENT, list(PLAIN))],
            ae_title=peer.aet,
            ext_neg=[build_role(COMMITMENT, scp_role=True)],
            evt_handlers=[(evt.EVT_CONN_OPEN, _limit)],
        )


def _limit(event: Event) -> None:
    # pynetdicom waits for the rest of a begun PDU for ever unless the socket has a limit.
    if (wire := event.assoc.dul.socket) and wire.socket:
        wire.socket.settimeout(_TIMEOUT_S)
