"""pynetdicom's acceptor with what it lacks: TLS that delays no one, and bounded objects."""

from __future__ import annotations

import socket
import ssl
import threading
from socketserver import BaseServer
from typing import Any
from weakref import WeakKeyDictionary

from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.transport import ThreadedAssociationServer

from radiograde.service.config.site import ServerTls
from radiograde.service.errors import SiteError

HANDSHAKE_S = 10.0
_SLACK = 2**20
"""Bytes of commands and of the protocol beside an object."""


class Acceptor(ThreadedAssociationServer):
    """Takes connections; TLS is agreed on in the thread of each, not before the next is taken."""

    def __init__(self, *args: Any, tls: ssl.SSLContext | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._tls = tls

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Return the next connection and its address; TLS has not spoken yet."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request_thread(
        self,
        request: socket.socket | tuple[bytes, socket.socket],
        client_address: tuple[str, int] | str,
    ) -> None:
        """Agree on TLS where it is asked for, then start the association."""
        if isinstance(request, ssl.SSLSocket):
            try:
                request.settimeout(HANDSHAKE_S)
                request.do_handshake()
            except OSError:
                self.shutdown_request(request)
                return
        super().process_request_thread(request, client_address)

    def shutdown(self) -> None:
        """Stop listening, and end the associations that are open."""
        BaseServer.shutdown(self)
        self.server_close()
        for association in self.active_associations:
            association.abort()


class ObjectLimit:
    """Hangs up on who sends an object far larger than allowed; pynetdicom would hold all of it."""

    def __init__(self, max_object_bytes: int) -> None:
        self._most = 2 * max_object_bytes + _SLACK
        self._received: WeakKeyDictionary[Association, int] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def count(self, event: Event) -> None:
        """Count what came of a message; a handler of ``EVT_DATA_RECV``."""
        with self._lock:
            total = self._received.get(event.assoc, 0) + len(event.data)
            self._received[event.assoc] = total
        connection = event.assoc.dul.socket
        if total > self._most and connection is not None:
            connection.close()

    def forget(self, event: Event) -> None:
        """Begin anew with the next message; a handler of ``EVT_DIMSE_RECV``."""
        with self._lock:
            self._received[event.assoc] = 0


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """Return the server side of TLS (PS3.15 B.12): version 1.2 and newer.

    Raises:
        SiteError: a file is absent, is no PEM, or certificate and key do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # An empty password makes a locked key an error; without it OpenSSL asks the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password="")
        if tls.ca is not None:
            context.load_verify_locations(tls.ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise SiteError(
            f"The node's TLS cannot be set up ({_words(error)}). In the site file, node.tls needs "
            "`certificate` and `key` as PEM files that belong together, the key without a "
            "password, and as `ca` the PEM file of those who sign the callers' certificates."
        ) from error
    return context


def _words(error: OSError | ValueError) -> str:
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or "not readable"
