"""The listener for HL7 messages over MLLP: strangers are hung up on, and slow senders let go.

Each connection has a thread. Senders keep theirs open for hours; a message that has begun must be
whole within seconds, which no byte renews.
"""

from __future__ import annotations

import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from socketserver import BaseRequestHandler

import structlog

from radiograde.service.config.site import Hl7Config
from radiograde.service.dicom_pdu import shut
from radiograde.service.hl7.mllp import FrameError, FrameReader, framed
from radiograde.service.rare_lines import RareLines
from radiograde.service.threaded_server import ThreadedServer
from radiograde.service.tls import RenewedContext, cause_of

log = structlog.get_logger("radiograde.hl7")

HANDSHAKE_S = 10.0
MESSAGE_S = 30.0
"""Time for a message that has begun, and to take an answer."""

_END_S = 5.0


class _Handler(BaseRequestHandler):
    """One connection, to its end."""

    server: MllpServer

    def handle(self) -> None:
        """Answer messages until the sender hangs up, is silent, or breaks the rules."""
        connection, address = self.request, str(self.client_address[0])
        reason = self.server.enter(connection, address)
        try:
            if reason is not None:
                self.server.refused(address, reason)
                return
            self._serve(connection)
        except TimeoutError:
            self.server.refused(address, "too slow, or silent for too long")
        except FrameError as error:
            self.server.refused(address, str(error))
        except ssl.SSLError as error:
            self.server.refused(address, f"TLS: {cause_of(error)}")
        except OSError:
            pass  # the sender, or the end of the listener, ended the connection
        finally:
            self.server.leave(connection)

    def _serve(self, connection: socket.socket) -> None:
        if isinstance(connection, ssl.SSLSocket):
            connection.settimeout(HANDSHAKE_S)
            connection.do_handshake()
        config = self.server.config
        reader = FrameReader(connection, config.max_message_kb * 1024)
        while reader.wait(config.idle_timeout_s):
            content = reader.read(MESSAGE_S)
            if content is None:
                return
            answer = self.server.answer(content)
            connection.settimeout(MESSAGE_S)
            connection.sendall(framed(answer))


class MllpServer(ThreadedServer):
    """Takes connections from allowed addresses, as many as there are places."""

    def __init__(
        self,
        config: Hl7Config,
        answer: Callable[[bytes], bytes],
        tls: RenewedContext | None = None,
    ) -> None:
        """Listen from now on. Raises OSError where the address cannot be had."""
        self.config = config
        self.answer = answer
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._lines = RareLines()
        super().__init__((config.host, config.port), _Handler, tls)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say that a connection's thread ended on an error; traces may quote a patient."""
        error = sys.exc_info()[1]
        log.error("hl7_connection_broke", type=error and type(error).__name__)

    def enter(self, connection: socket.socket, address: str) -> str | None:
        """Give a connection a place; return why there is none, None where it has got one."""
        if not self._may_send(address):
            return "its address is not in hl7.allow_from"
        with self._lock:
            if len(self._open) >= self.config.connections:
                return f"all {self.config.connections} connections are taken"
            self._open[connection] = threading.current_thread()
        return None

    def _may_send(self, address: str) -> bool:
        allowed, caller = self.config.allow_from, ip_address(address)
        # A socket of IPv6 that takes IPv4, too, sees such a caller as ::ffff:192.0.2.1.
        mapped = caller.ipv4_mapped if isinstance(caller, IPv6Address) else None
        return not allowed or any((mapped or caller) in network for network in allowed)

    def leave(self, connection: socket.socket) -> None:
        """Forget a connection that is over."""
        with self._lock:
            self._open.pop(connection, None)

    def refused(self, address: str, reason: str) -> None:
        """Log who was let go and why, each once in a while."""
        unsaid = self._lines.unsaid((address, reason))
        if unsaid is not None:
            log.warning(
                "hl7_connection", outcome="refused", address=address, reason=reason, unsaid=unsaid
            )

    def shutdown(self) -> None:
        """Stop listening and hang up; what is being kept is kept and answered first."""
        super().shutdown()
        self.server_close()
        with self._lock:
            still_open = dict(self._open)
        for connection in still_open:
            shut(connection, socket.SHUT_RD)
        end = time.monotonic() + _END_S
        for connection, thread in still_open.items():
            thread.join(max(end - time.monotonic(), 0))
            shut(connection)
