"""One association, from its acceptance to its end: requests are answered one after the other."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import structlog
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian
from pynetdicom import dsutils

from radiograde.service.dicom_pdu import (
    COMMITMENT,
    COMMITMENT_INSTANCE,
    P_DATA_TF,
    abort_pdu,
    shut,
)
from radiograde.service.dimse import command_set as commands
from radiograde.service.dimse.association_rules import SUCCESS, Status
from radiograde.service.dimse.commitment_report import Report
from radiograde.service.dimse.message_reader import (
    AssociationEndError,
    Message,
    MessageLimits,
    MessageReader,
    aborted,
    gone,
)
from radiograde.service.dimse.negotiation import Agreement, Context

log = structlog.get_logger("radiograde.node")

AFTER_ANSWER_S = 0.5
"""A report on the same association follows the answer to its request."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``title``: of its application entity, printable."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Services:
    """What answers requests; shared by all associations.

    ``store``: returns the status of a C-STORE-RQ, once the object is safe. ``commit``: returns
    that of an N-ACTION-RQ with its action information, and the report to send on the association.
    ``reported``: returns that of an N-EVENT-REPORT-RQ with its event information.
    """

    store: Callable[[Caller, Context, Message], Status]
    commit: Callable[[Caller, commands.CommandSet, Dataset], tuple[Status, Report | None]]
    reported: Callable[[Caller, commands.CommandSet, Dataset], Status]


class Association:
    """Serves one caller in the thread that runs it."""

    def __init__(
        self,
        connection: socket.socket,
        caller: Caller,
        agreement: Agreement,
        services: Services,
        limits: MessageLimits,
    ) -> None:
        self._reader = MessageReader(connection, limits)
        self._idle_s = limits.pdu.seconds
        self._connection = connection
        self._caller = caller
        self._agreement = agreement
        self._services = services
        self._is_ending = False
        self._reports: list[tuple[float, int, Report]] = []
        self._unconfirmed: set[int] = set()
        self._reported = 0

    def serve(self) -> None:
        """Answer until the association is over, and say in the log how it ended."""
        with contextlib.suppress(OSError):
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._send(self._agreement.answer)
            self._answer_all()
        except AssociationEndError as end:
            reason = "this node stops" if self._is_ending else end.reason
            answer = abort_pdu() if self._is_ending else end.answer
            with contextlib.suppress(AssociationEndError):
                self._send(answer, within_s=1.0)
            self._log_end(end.outcome, reason)

    def end(self) -> None:
        """Have the association aborted once its request, if there is one, is answered."""
        self._is_ending = True
        shut(self._connection, socket.SHUT_RD)

    def _answer_all(self) -> None:
        while True:
            idle_end = time.monotonic() + self._idle_s
            while (message := self._reader.read(self._wait_s(idle_end))) is None:
                if time.monotonic() >= idle_end:
                    raise aborted(f"silent for {self._idle_s:g} s")
                self._send_due_reports()
            self._answer(message)
            self._send_due_reports()

    def _wait_s(self, idle_end: float) -> float:
        ends = [idle_end, *(due for due, _, _ in self._reports)]
        return max(min(ends) - time.monotonic(), 0.001)

    def _answer(self, message: Message) -> None:
        context = self._agreement.contexts.get(message.context_id)
        if context is None:
            raise aborted("a message of a presentation context that was not accepted")
        field = message.command.field
        if field == commands.C_STORE_RQ:
            self._respond(message, self._services.store(self._caller, context, message))
        elif field == commands.C_ECHO_RQ:
            self._respond(message, SUCCESS)
        elif field == commands.N_ACTION_RQ:
            information = _decoded(message.data_set, context)
            status, report = self._services.commit(self._caller, message.command, information)
            self._respond(message, status)
            if report is not None:
                due = time.monotonic() + AFTER_ANSWER_S
                self._reports.append((due, message.context_id, report))
        elif field == commands.N_EVENT_REPORT_RQ:
            information = _decoded(message.data_set, context)
            status = self._services.reported(self._caller, message.command, information)
            self._respond(message, status)
        elif field == commands.N_EVENT_REPORT_RQ | commands.RESPONSE:
            self._confirmed(message)
        elif not field & commands.RESPONSE and field != commands.C_CANCEL_RQ:
            raise aborted(f"a request of type {field:#06x}, which this node does not serve")

    def _respond(self, message: Message, status: Status) -> None:
        answer = commands.answer_to(message.command, status.code, status.comment)
        self._send(self._values(message.context_id, answer, is_command=True))

    def _send_due_reports(self) -> None:
        now = time.monotonic()
        due = [one for one in self._reports if one[0] <= now]
        self._reports = [one for one in self._reports if one[0] > now]
        for _, context_id, report in due:
            self._report(context_id, report)

    def _report(self, context_id: int, report: Report) -> None:
        """Send an N-EVENT-REPORT-RQ, PS3.7 10.3.1."""
        self._reported += 1
        values: dict[int, int | bytes] = {
            commands.AFFECTED_CLASS: COMMITMENT.encode(),
            commands.COMMAND_FIELD: commands.N_EVENT_REPORT_RQ,
            commands.MESSAGE_ID: self._reported,
            commands.AFFECTED_INSTANCE: COMMITMENT_INSTANCE.encode(),
            commands.EVENT_TYPE: report.event_type,
        }
        information = _encoded(report.to_dataset(), self._agreement.contexts[context_id])
        self._send(
            self._values(context_id, commands.encode(values, data_set=True), is_command=True)
            + self._values(context_id, information, is_command=False)
        )
        self._unconfirmed.add(self._reported)

    def _confirmed(self, message: Message) -> None:
        self._unconfirmed.discard(message.command.number(commands.ANSWERED_ID) or 0)
        log.info("commitment_report", outcome="confirmed")

    def _values(self, context_id: int, content: bytes, *, is_command: bool) -> bytes:
        """Return content as P-DATA-TF PDUs that the caller takes, PS3.8 9.3.5 and E.2."""
        longest = self._agreement.peer_pdu_bytes
        room = max(longest - 6, 1) if longest else len(content)
        pieces = [content[at : at + room] for at in range(0, len(content), room)]
        pdus = []
        for number, piece in enumerate(pieces, start=1):
            control = is_command | (2 if number == len(pieces) else 0)
            value = struct.pack(">IBB", len(piece) + 2, context_id, control) + piece
            pdus.append(struct.pack(">BxI", P_DATA_TF, len(value)) + value)
        return b"".join(pdus)

    def _send(self, data: bytes, within_s: float | None = None) -> None:
        """Send; a caller that does not read holds this thread for so long at most."""
        try:
            self._connection.settimeout(self._idle_s if within_s is None else within_s)
            self._connection.sendall(data)
        except OSError as error:
            raise gone() from error

    def _log_end(self, outcome: str, reason: str | None) -> None:
        log.info(
            "association",
            outcome=outcome,
            calling=self._caller.title,
            address=self._caller.address,
            reason=reason,
        )
        for _ in self._reports:
            log.warning("commitment_report", outcome="association over")
        for _ in self._unconfirmed:
            log.info("commitment_report", outcome="not answered")


def _decoded(data_set: bytearray, context: Context) -> Dataset:
    """Return a data set of a presentation context; an empty one where it cannot be read."""
    syntax = context.transfer_syntax
    try:
        return dsutils.decode(
            BytesIO(data_set), syntax.is_implicit_VR, syntax.is_little_endian, _is_deflated(context)
        )
    except Exception:  # noqa: BLE001 - on broken bytes pydicom raises anything
        return Dataset()


def _encoded(ds: Dataset, context: Context) -> bytes:
    syntax = context.transfer_syntax
    return (
        dsutils.encode(ds, syntax.is_implicit_VR, syntax.is_little_endian, _is_deflated(context))
        or b""
    )


def _is_deflated(context: Context) -> bool:
    return context.transfer_syntax == DeflatedExplicitVRLittleEndian
