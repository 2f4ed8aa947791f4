"""What is done with a message, and what it is answered: acknowledged once it is kept."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import Actor, AuditEvent, Detail
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.concordance.signed_reports import ReportIntake
from radiograde.service.errors import NoSpaceError, StoreError
from radiograde.service.films.order_store import OrderStore
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.hl7.acknowledgement import acknowledge, acknowledge_unread
from radiograde.service.hl7.received_message import MessageError, ReceivedMessage
from radiograde.service.hl7_listener.order_events import ORDERS, orders_of
from radiograde.service.hl7_listener.patient_events import LINKS, MERGES, links_of
from radiograde.service.hl7_listener.report_events import REPORTS, reports_of

log = structlog.get_logger("radiograde.hl7")

_SENDER = Actor("hl7", "machine")


@dataclass(frozen=True, slots=True)
class MessageHandler:
    """Answers messages; safe to share among threads."""

    links: PatientLinks
    orders: OrderStore
    pseudonyms: Pseudonyms
    audit: AuditLog | None = None
    reports: ReportIntake | None = None

    def answer(self, content: bytes) -> bytes:
        """Return the acknowledgement of a message; what it says is kept by then, or ``AE``.

        ``AE`` with 207 asks for the message again. No exception leaves: a message that breaks
        this must not end the connection that others come by.
        """
        try:
            message = ReceivedMessage.parse(content)
        except MessageError as error:
            log.warning("hl7_message_refused", reason=str(error))
            return acknowledge_unread(str(error))
        event = "^".join(message.kind)
        try:
            answer = self._take(message)
        except (StoreError, NoSpaceError) as error:
            log.error("hl7_message_waits", event_type=event[:16], type=type(error).__name__)
            return acknowledge(message, "AE", error="207", words="It cannot be kept now.")
        except Exception as error:  # noqa: BLE001 - whatever a message may bring about
            log.error("hl7_message_broke", event_type=event[:16], type=type(error).__name__)
            return acknowledge(message, "AE", error="207", words="It could not be worked on.")
        return answer

    def _take(self, message: ReceivedMessage) -> bytes:
        code, event = message.kind
        if message.kind in ORDERS:
            return self._take_orders(message)
        if message.kind in REPORTS and self.reports is not None:
            return self._take_reports(message, self.reports)
        if code != "ADT":
            words = "It takes ADT, ORM, OMI, OMG and ORU alone."
            return acknowledge(message, "AR", error="200", words=words)
        if event not in MERGES | LINKS:
            return acknowledge(message, "AA")
        links = links_of(message, self.pseudonyms)
        if not links:
            return acknowledge(message, "AE", error="101", words="It names no two patients.")
        self.links.record(links)
        log.info("patients_linked", event_type=event, links=len(links))
        self._note(Action.PATIENT_LINK, {"message": event, "links": len(links)})
        return acknowledge(message, "AA")

    def _take_reports(self, message: ReceivedMessage, intake: ReportIntake) -> bytes:
        """Read signed reports; one of no study that is known is acknowledged, and passed over."""
        known = [intake.accept(report) for report in reports_of(message)]
        log.info("reports_received", reports=len(known), known=sum(known))
        self._note(Action.REPORT_TAKE, {"reports": len(known), "known": sum(known)})
        return acknowledge(message, "AA")

    def _take_orders(self, message: ReceivedMessage) -> bytes:
        """Keep orders; one that no film could be found by is acknowledged, and of no use here."""
        found = orders_of(message)
        for order, holds in found:
            if holds:
                self.orders.keep(order)
            else:
                self.orders.cancel(order)
        log.info("orders_taken", orders=len(found))
        self._note(Action.ORDER_TAKE, {"orders": len(found)})
        return acknowledge(message, "AA")

    def _note(self, action: Action, detail: Detail) -> None:
        if self.audit is not None:
            self.audit.note(AuditEvent(action, _SENDER, detail=detail))
