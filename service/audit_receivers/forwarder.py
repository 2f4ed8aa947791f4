"""Sends what enters the audit trail on to its receivers, from where each had come to."""

from __future__ import annotations

import threading
from itertools import islice

import structlog

from radiograde.model.errors import RadiogradeError
from radiograde.service.audit.audit_event import AuditRow
from radiograde.service.audit.audit_store import AuditStore, open_audit_store
from radiograde.service.audit_receivers.audit_receiver import AuditReceiver, open_receivers
from radiograde.service.backoff import Backoff
from radiograde.service.config.settings import Settings
from radiograde.service.errors import RefusedError

log = structlog.get_logger("radiograde.audit")

EVERY_S = 2.0
AT_ONCE = 200
BACKOFF = Backoff(2.0, 300.0)


class Forwarder:
    """Sends to one receiver; what it cannot take now waits in the audit trail."""

    def __init__(self, store: AuditStore, receiver: AuditReceiver) -> None:
        self._store = store
        self._receiver = receiver
        self._failures = 0

    def run(self, stop: threading.Event) -> None:
        """Send until ``stop`` is set; whatever happens, it goes on."""
        wait_s = EVERY_S
        while not stop.wait(wait_s):
            wait_s = self._round(stop)

    def _round(self, stop: threading.Event) -> float:
        """Send what is new, and return the seconds until the next time."""
        try:
            while not stop.is_set() and self.forward():
                pass
        except Exception as error:  # noqa: BLE001 - this thread must outlive whatever it is
            self._failures += 1
            delay_s = BACKOFF.delay_s(self._failures)
            log.warning(
                "audit_not_sent",
                to=self._receiver.name,
                type=type(error).__name__,
                again_in_s=delay_s,
            )
            return delay_s
        self._failures = 0
        return EVERY_S

    def forward(self) -> int:
        """Send some rows that are new, and return how many.

        A row that the receiver refuses is left out, which the log says.

        Raises:
            UnreachableError: it cannot be reached.
            StoreError: the audit trail cannot be read.
        """
        after = self._store.sent_up_to(self._receiver.name)
        rows = list(islice(self._store.in_order(after), AT_ONCE))
        if not rows:
            return 0
        try:
            self._receiver.send(rows)
        except RefusedError:
            for row in rows:
                self._send_alone(row)
        self._store.note_sent(self._receiver.name, rows[-1].seq)
        return len(rows)

    def _send_alone(self, row: AuditRow) -> None:
        try:
            self._receiver.send([row])
        except RefusedError as error:
            name = self._receiver.name
            log.error("audit_row_refused", to=name, seq=row.seq, code=error.code)


def run_forwarders(settings: Settings, source_id: str, stop: threading.Event) -> None:
    """Send to every receiver of the site file until ``stop`` is set; none: return at once."""
    try:
        receivers = open_receivers(settings.audit, source_id)
    except RadiogradeError as error:
        log.error("audit_not_sent", type=type(error).__name__, reason=error.message)
        return
    store = _opened(settings, stop) if receivers else None
    if store is None:
        return
    threads = [
        threading.Thread(target=Forwarder(store, one).run, args=(stop,), name=f"audit-{one.name}")
        for one in receivers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()


def _opened(settings: Settings, stop: threading.Event) -> AuditStore | None:
    """Return the audit trail once it can be opened; None where ``stop`` is set before."""
    failures = 0
    while not stop.is_set():
        try:
            return open_audit_store(settings)
        except RadiogradeError as error:
            failures += 1
            log.error("audit_not_sent", type=type(error).__name__, reason=error.message)
            stop.wait(BACKOFF.delay_s(failures))
    return None
