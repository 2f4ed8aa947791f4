"""pynetdicom's acceptor with what it lacks: strangers who cost little, and delay no one.

What comes before an association (TLS, the A-ASSOCIATE-RQ) is read in a thread of its own until a
deadline that no byte renews; only a whole request of a caller who is let in gets to pynetdicom.
"""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from socketserver import BaseServer
from typing import Any, cast

from pynetdicom import evt
from pynetdicom.transport import AssociationSocket, RequestHandler, ThreadedAssociationServer

from radiograde.service.dicom_pdu import BoundedSocket, PduLimits
from radiograde.service.dimse.association_request import (
    NoAssociationError,
    Request,
    receive_request,
)
from radiograde.service.dimse.association_rules import AllowedTitles
from radiograde.service.dimse.connections import Connection, Connections
from radiograde.service.dimse.refusal_log import RefusalLog
from radiograde.service.tls import RenewedContext

REQUEST_S = 10.0
"""Time to agree on TLS and to ask for an association."""


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


class _Handler(RequestHandler):
    """One connection, up to its association."""

    server: Acceptor

    def handle(self) -> None:
        """Start an association where a caller asks for one and is let in."""
        connections = self.server.admission.connections
        connection = connections.enter(self.request, str(self.client_address[0]))
        try:
            request = receive_request(
                self.request, time.monotonic() + self.server.request_s, self.server.request_s
            )
            self.server.admission.admit(request, connection)
        except NoAssociationError as refusal:
            self._refuse(refusal, connection)
            connections.leave(connection)
            self.server.shutdown_request(self.request)
            return
        association = self._create_association()
        plain = cast(AssociationSocket, association.dul.socket)
        association.dul.socket = BoundedSocket(plain, self.server.limits, request.pdu)
        evt.trigger(association, evt.EVT_CONN_OPEN, {"address": self.client_address})
        association.start()
        connection.association = association

    def _refuse(self, refusal: NoAssociationError, connection: Connection) -> None:
        if refusal.answer is not None:
            with contextlib.suppress(OSError):
                self.request.settimeout(1.0)
                self.request.sendall(refusal.answer)
        self.server.refusals.write(refusal, connection.address)


class Acceptor(ThreadedAssociationServer):
    """Takes connections; TLS is agreed on in the thread of each, not before the next is taken."""

    request_queue_size = 128

    def __init__(
        self,
        *args: Any,
        admission: Admission,
        limits: PduLimits,
        tls: RenewedContext | None = None,
        **kwargs: Any,
    ) -> None:
        self.admission = admission
        self.limits = limits
        self.request_s = min(REQUEST_S, limits.seconds)
        self.refusals = RefusalLog()
        self._tls = tls
        super().__init__(*args, **(kwargs | {"request_handler": _Handler}))

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Return the next connection and its address; TLS has not spoken yet."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.current().wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def shutdown(self) -> None:
        """Stop listening, hang up on strangers, and end the associations that are open."""
        BaseServer.shutdown(self)
        self.admission.connections.close()
        self.server_close()
        for association in self.active_associations:
            association.abort()
