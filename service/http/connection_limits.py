"""Connections of callers: how many there may be, and how long each may keep others waiting.

No deadline here is renewed by a byte: a request's head has to be complete in time, and an answer
has to be read at some pace. Bodies have deadlines of their own (:mod:`.body_deadline`).
"""

from __future__ import annotations

import asyncio
import socket
import sys
from array import array
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from math import inf

import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from radiograde.service.auth.throttle import client_network
from radiograde.service.errors import BadRequestError
from radiograde.service.http.problems import MEDIA_TYPE, error_problem
from radiograde.service.http.slowest_first import SlowestFirst

log = structlog.get_logger("radiograde.http")

_YOUNG_S = 1.0
"""So long a connection that asked for something has before its pace counts."""

_UNREAD = len("GET / HTTP/1.1\r\n")
"""Bytes that wait to be read: with fewer a caller has not asked for anything yet."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """``total``: connections at the same time; ``an_address``: of one client.

    ``head_s``: from the connection, or the last answer, to the end of a request's head.
    ``drain_s``: in so long a caller reads ``least_bytes`` of an answer, or all that is left.
    """

    total: int = 1000
    an_address: int = 250
    head_s: float = 10.0
    drain_s: float = 20.0
    least_bytes: int = 2**18


class OpenConnections:
    """The connections of one server; lives in its event loop."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._all: set[BoundedProtocol] = set()
        self._by_address: defaultdict[str, set[BoundedProtocol]] = defaultdict(set)
        self._slowest = SlowestFirst[BoundedProtocol]()
        self._slowest_of: defaultdict[str, SlowestFirst[BoundedProtocol]] = defaultdict(
            SlowestFirst
        )

    def admit(self, connection: BoundedProtocol) -> bool:
        """Return whether there is room, made if need be by ending who keeps others waiting."""
        address, now = connection.address, connection.loop.time()
        neighbours = self._by_address[address]
        room = len(neighbours) < self.limits.an_address or self._end(
            self._slowest_of[address].next(neighbours, now)
        )
        if room and len(self._all) >= self.limits.total:
            room = self._end(self._slowest.next(self._all, now))
        if room:
            self._all.add(connection)
            self._by_address[address].add(connection)
        else:
            log.warning("connection_refused", address=address)
        return room

    def forget(self, connection: BoundedProtocol) -> None:
        """Let one go that is lost, or about to be."""
        self._all.discard(connection)
        of_address = self._by_address[connection.address]
        of_address.discard(connection)
        if not of_address:
            del self._by_address[connection.address]
            self._slowest_of.pop(connection.address, None)

    def _end(self, slowest: BoundedProtocol | None) -> bool:
        """End the slowest connection, unless it is too fast for that."""
        if slowest is None or slowest.pace() * self.limits.drain_s >= self.limits.least_bytes:
            return False
        self.forget(slowest)
        slowest.transport.abort()
        return True


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 of uvicorn, within the limits of :class:`OpenConnections`."""

    open_connections: OpenConnections

    address = ""
    _since = 0.0
    _received = 0
    _answered: object | None = None
    _head_due: asyncio.TimerHandle | None = None
    _drain_due: asyncio.TimerHandle | None = None

    @property
    def limits(self) -> ConnectionLimits:
        """What holds for every connection of this server."""
        return self.open_connections.limits

    def pace(self) -> float:
        """Return the bytes a second that a request comes with; endless while it is answered.

        Of callers that never asked for anything the first is the slowest, however young: a crowd
        that comes at once makes room at once.
        """
        age_s = self.loop.time() - self._since
        # A busy service is slow to read: that is not the caller's fault.
        arrived = arrived_bytes(self.transport.get_extra_info("socket"))
        if self.cycle is None and arrived < _UNREAD:
            return -age_s
        unread = self.transport.get_write_buffer_size()
        waits = not unread if self._is_between_requests() else self.cycle.more_body
        if not waits or age_s <= _YOUNG_S:
            return inf
        return (self._received + arrived) / age_s

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        """Let the connection in, or end it at once."""
        super().connection_made(transport)
        self.address = client_network(self.client[0]) if self.client else ""
        if not self.open_connections.admit(self):
            transport.abort()
            return
        notice_vanished_peers(transport.get_extra_info("socket"))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._cancel_head()
        self._cancel_drain()
        self.open_connections.forget(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; only a complete head ends the wait for one."""
        self._received += len(data)
        super().data_received(data)
        self._note_request()

    def on_response_complete(self) -> None:
        """Wait for the next request, or see to it that the answer is read."""
        super().on_response_complete()
        if not self._is_between_requests():
            self._note_request()
            return
        self._await_head()
        if self._drain_due is None and self.transport.get_write_buffer_size():
            self._expect_progress()

    def pause_writing(self) -> None:
        """Hold the answer back, and see to it that it is read."""
        super().pause_writing()
        self._cancel_drain()
        self._expect_progress()

    def resume_writing(self) -> None:
        """Go on with the answer."""
        self._cancel_drain()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, as a problem like every other."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_MALFORMED)
            self.transport.close()
        else:
            self.transport.abort()

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _note_request(self) -> None:
        if not self._is_between_requests() and self.cycle is not self._answered:
            self._answered = self.cycle
            self._cancel_head()
            self._since, self._received = self.loop.time(), 0

    def _await_head(self) -> None:
        self._cancel_head()
        self._since, self._received = self.loop.time(), 0
        self._head_due = self.loop.call_later(self.limits.head_s, self._end_late)

    def _end_late(self) -> None:
        if self._drain_due is not None:  # the last answer is still being read
            self._await_head()
        elif self.transport.is_closing():
            self.transport.abort()
        else:
            self.transport.close()

    def _expect_progress(self) -> None:
        unread = self.transport.get_write_buffer_size()
        self._drain_due = self.loop.call_later(self.limits.drain_s, self._check_progress, unread)

    def _check_progress(self, before: int) -> None:
        self._drain_due = None
        unread = self.transport.get_write_buffer_size()
        if unread > max(0, before - self.limits.least_bytes):
            self.transport.abort()
        elif unread:
            self._expect_progress()

    def _cancel_head(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _cancel_drain(self) -> None:
        if self._drain_due is not None:
            self._drain_due.cancel()
            self._drain_due = None


def bounded_protocol(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return the protocol for one server, to be given to uvicorn."""

    class Protocol(BoundedProtocol):
        open_connections = OpenConnections(limits)

    return Protocol


def arrived_bytes(connection: socket.socket | None) -> int:
    """Return how many bytes a socket holds that were not read yet; 0 where that is not known."""
    if connection is None or sys.platform == "win32":
        return 0
    import fcntl
    import termios

    count = array("i", [0])
    with suppress(OSError, ValueError):
        fcntl.ioctl(connection.fileno(), termios.FIONREAD, count)
    return count[0]


def notice_vanished_peers(connection: socket.socket | None) -> None:
    """Have the system ask a silent peer whether it is still there, and give up within minutes."""
    if connection is None:
        return
    wanted = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4, "TCP_USER_TIMEOUT": 60_000}
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in wanted.items():
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _malformed() -> bytes:
    answer = error_problem(BadRequestError("This is no HTTP request. Send HTTP/1.1."))
    return b"\r\n".join(
        [
            b"HTTP/1.1 400 Bad Request",
            b"Content-Type: " + MEDIA_TYPE.encode(),
            b"Content-Length: %d" % len(answer.body),
            b"Connection: close",
            b"",
            bytes(answer.body),
        ]
    )


_MALFORMED = _malformed()
