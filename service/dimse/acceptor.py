"""The node's listener: strangers cost little, and delay no one.

Each connection has a thread. What comes before an association (TLS, the A-ASSOCIATE-RQ) is read
until a deadline that no byte renews; then the thread serves the association, and sleeps while its
caller is silent.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from socketserver import BaseRequestHandler

import structlog

from radiograde.service.dicom_pdu import shut
from radiograde.service.dimse.accepted_association import Association, Caller, Services
from radiograde.service.dimse.association_request import (
    NoAssociationError,
    Request,
    printable,
    receive_request,
)
from radiograde.service.dimse.association_rules import AllowedTitles
from radiograde.service.dimse.connections import Connection, Connections
from radiograde.service.dimse.message_reader import MessageLimits
from radiograde.service.dimse.negotiation import negotiate
from radiograde.service.dimse.refusal_log import RefusalLog
from radiograde.service.threaded_server import ThreadedServer
from radiograde.service.tls import RenewedContext

log = structlog.get_logger("radiograde.node")

REQUEST_S = 10.0
"""Time to agree on TLS and to ask for an association."""

_END_S = 5.0
"""How long the end of the node waits for films that are being stored."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Who is let in. ``aet``: the node's own title."""

    aet: str
    allowed: AllowedTitles
    connections: Connections

    def admit(self, request: Request, connection: Connection) -> None:
        """Give a caller a place.

        Raises:
            NoAssociationError: the titles do not fit, or there is no place.
        """
        if request.called != self.aet.encode():
            raise request.refuse("the title that it calls is not this node's", 1, 1, 7)
        if not self.allowed.may_associate(request.calling):
            raise request.refuse("its title is in neither store_from nor commit_from", 1, 1, 3)
        if reason := self.connections.take_place(connection):
            raise request.refuse(reason, 2, 3, 2)


class _Handler(BaseRequestHandler):
    """One connection, to its end."""

    server: Acceptor

    def handle(self) -> None:
        """Serve an association where a caller asks for one and is let in."""
        connections = self.server.admission.connections
        connection = connections.enter(self.request, str(self.client_address[0]))
        try:
            association = self._associate(connection)
        except NoAssociationError as refusal:
            self._refuse(refusal, connection)
        else:
            with self.server.serving(association):
                association.serve()
        finally:
            connections.leave(connection)

    def _associate(self, connection: Connection) -> Association:
        server, seconds = self.server, self.server.request_s
        request = receive_request(self.request, time.monotonic() + seconds, seconds)
        server.admission.admit(request, connection)
        caller = Caller(printable(request.calling), connection.address)
        agreement = negotiate(request)
        return Association(self.request, caller, agreement, server.services, server.limits)

    def _refuse(self, refusal: NoAssociationError, connection: Connection) -> None:
        if refusal.answer is not None:
            with contextlib.suppress(OSError):
                self.request.settimeout(1.0)
                self.request.sendall(refusal.answer)
        self.server.refusals.write(refusal, connection.address)


class Acceptor(ThreadedServer):
    """Takes connections, and ends the associations that they become."""

    def __init__(
        self,
        address: tuple[str, int],
        services: Services,
        admission: Admission,
        limits: MessageLimits,
        tls: RenewedContext | None = None,
    ) -> None:
        """Listen from now on. Raises OSError where the address cannot be had."""
        self.services = services
        self.admission = admission
        self.limits = limits
        self.request_s = min(REQUEST_S, limits.pdu.seconds)
        self.refusals = RefusalLog()
        self._serving: dict[Association, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(address, _Handler, tls)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say that a connection's thread ended on an error; traces may quote a patient."""
        error = sys.exc_info()[1]
        log.error("association_broke", type=error and type(error).__name__)

    @contextlib.contextmanager
    def serving(self, association: Association) -> Iterator[None]:
        """Have the end of the node end this association, too, within the ``with`` block."""
        with self._lock:
            self._serving[association] = threading.current_thread()
        try:
            yield
        finally:
            with self._lock:
                del self._serving[association]

    def shutdown(self) -> None:
        """Stop listening, hang up on strangers, and end the associations that are open."""
        shut(self.socket)  # which wakes whoever waits for a connection
        super().shutdown()
        self.admission.connections.close()
        self.server_close()
        with self._lock:
            serving = dict(self._serving)
        end = time.monotonic() + _END_S
        for association in serving:
            association.end()
        for thread in serving.values():
            thread.join(max(end - time.monotonic(), 0))
