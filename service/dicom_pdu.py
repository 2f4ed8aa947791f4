"""DICOM PDUs (PS3.8 9.3) read within bounds: of length, of the number of items, and of time.

pynetdicom believes any length, waits anew after every byte, and takes a fraction of a millisecond
for each item: without bounds a few bytes of a stranger cost gigabytes, threads and minutes.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import cast

from pydicom.uid import UID
from pynetdicom import evt
from pynetdicom.events import Event
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.transport import AssociationSocket

COMMITMENT = UID("1.2.840.10008.1.20.1")
"""Storage Commitment Push Model."""

COMMITMENT_INSTANCE = UID("1.2.840.10008.1.20.1.1")
"""Storage Commitment Push Model SOP Instance, PS3.4 J.3.5."""

HEAD_BYTES = 6
REQUEST_BYTES = 2**20
"""Longest A-ASSOCIATE-RQ or -AC that is read."""

P_DATA_BYTES = 2**21
"""Longest P-DATA-TF that is announced, as the maximum length, and read."""

A_ASSOCIATE_RQ, A_ASSOCIATE_AC, P_DATA_TF = 0x01, 0x02, 0x04
A_RELEASE_RQ, A_ABORT = 0x05, 0x07
_KINDS = range(0x01, 0x08)

_ITEMS_AT = 74
"""Bytes of an A-ASSOCIATE-RQ or -AC before its items, PS3.8 Tables 9-11 and 9-17."""

_NESTED = {0x20: 4, 0x21: 4, 0x50: 0}
"""Items that hold items, with the bytes before these: presentation contexts, user information."""

_MOST_ITEMS = 4096
"""128 presentation contexts, PS3.8 9.3.2.2, with some thirty transfer syntaxes each."""

MOST_VALUES = 1024
"""Presentation data values in one P-DATA-TF; senders put one or two."""

_SHORT_BYTES = 64
"""Longest PDU of another type; PS3.8 gives them 4."""

_CHUNK_BYTES = 2**16


def abort_pdu() -> bytes:
    """Return an A-ABORT by the service provider: invalid parameter value, PS3.8 Table 9-26."""
    return struct.pack(">BxIxxBB", A_ABORT, 4, 2, 6)


class PduError(OSError):
    """A PDU that is not read: too long, too many items, or not whole in time. Says which."""


@dataclass(frozen=True, slots=True)
class PduLimits:
    """``p_data_bytes``: longest P-DATA-TF. ``seconds``: in which a begun PDU has to be whole."""

    p_data_bytes: int
    seconds: float

    def check_head(self, head: bytes | bytearray) -> int:
        """Return the length that a PDU's head announces.

        Raises:
            PduError: it is longer than one of its type may be.
        """
        kind, length = struct.unpack(">BxI", head)
        most = {
            A_ASSOCIATE_RQ: REQUEST_BYTES,
            A_ASSOCIATE_AC: REQUEST_BYTES,
            P_DATA_TF: self.p_data_bytes,
        }.get(kind, _SHORT_BYTES)
        if length > most:
            raise PduError(f"a PDU of {length} bytes, where {most} are the most")
        return int(length)


def receive(connection: socket.socket, count: int, end: float) -> bytearray:
    """Return the next ``count`` bytes, fewer where the peer closes the connection.

    ``end``: until when, by the monotonic clock, however much has come.

    Raises:
        TimeoutError: they are not all there in time.
        OSError: the connection is lost.
    """
    data = bytearray()
    while len(data) < count:
        left_s = end - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        connection.settimeout(left_s)
        part = connection.recv(min(_CHUNK_BYTES, count - len(data)))
        if not part:
            break
        data += part
    return data


def check_items(kind: int, body: bytes | bytearray) -> None:
    """Raise PduError where a PDU of a type holds more items than any sender has use for."""
    view = memoryview(body)
    if kind == P_DATA_TF:
        items, most = _items(view, ">I"), MOST_VALUES
    elif kind in (A_ASSOCIATE_RQ, A_ASSOCIATE_AC):
        items, most = _association_items(view[_ITEMS_AT - HEAD_BYTES :]), _MOST_ITEMS
    else:
        return
    if sum(1 for _ in islice(items, most + 1)) > most:
        raise PduError(f"a PDU of more than {most} items")


def _association_items(body: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the items of a request or an answer, and the items in these."""
    for kind, item in _items(body, ">xxH"):
        yield kind, item
        if kind in _NESTED:
            yield from _items(item[_NESTED[kind] :], ">xxH")


def _items(body: memoryview, head: str) -> Iterator[tuple[int, memoryview]]:
    """Yield first byte and content of each item; ``head`` tells its length."""
    size, at = struct.calcsize(head), 0
    while at + size <= len(body):
        (length,) = struct.unpack_from(head, body, at)
        yield body[at], body[at + size : at + size + length]
        at += size + length


class BoundedSocket(AssociationSocket):
    """pynetdicom's socket within limits.

    pynetdicom makes its sockets itself: this one takes over the state of such a one, and is put
    in its place.
    """

    def __init__(self, plain: AssociationSocket, limits: PduLimits) -> None:
        self.__dict__ = plain.__dict__
        self._limits = limits
        self._kind: int | None = None
        self._end = 0.0
        self._limit_waits()
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv(self, nr_bytes: int) -> bytearray:
        """Return the head of a PDU, then its body, as pynetdicom asks for them in turn.

        Raises:
            PduError: the limits do not allow it. The peer has been told, by an A-ABORT.
            OSError: the connection is lost.
        """
        if self.socket is None:
            return bytearray()
        try:
            if self._kind is None:
                return self._head(self.socket)
            return self._body(self.socket, nr_bytes)
        except PduError:
            self._hang_up()
            raise
        except TimeoutError as error:
            self._hang_up()
            raise PduError(f"a PDU that is not whole within {self._limits.seconds:g} s") from error
        finally:
            self._limit_waits()

    def _hang_up(self) -> None:
        """Abort the association and end the connection."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self.socket.settimeout(1.0)
                self.socket.sendall(abort_pdu())
            shut(self.socket)

    def _head(self, connection: socket.socket) -> bytearray:
        self._end = time.monotonic() + self._limits.seconds
        head = receive(connection, HEAD_BYTES, self._end)
        if len(head) == HEAD_BYTES and self._limits.check_head(head) and head[0] in _KINDS:
            self._kind = head[0]
        return head

    def _body(self, connection: socket.socket, count: int) -> bytearray:
        kind, self._kind = self._kind, None
        body = receive(connection, count, self._end)
        if kind is not None:
            check_items(kind, body)
        return body

    def _limit_waits(self) -> None:
        """Limit the wait at sending: without, a peer that does not read would hold its thread."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self.socket.settimeout(self._limits.seconds)


class _Checkpoint(threading.Event):
    """Where pynetdicom's reactor is held while a request waits for its answer.

    The reactor that was let go on after one request may wake within the next: pynetdicom's own
    event would let it pass, and it would take the answer from under the caller.
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Return once it is set, and still is; with a time limit as any event."""
        while (was_set := super().wait(timeout)) and not self.is_set():
            pass
        return was_set


def bound_socket(event: Event, seconds: float) -> None:
    """Put a bounded socket in place of a requestor's; a handler of ``EVT_CONN_OPEN``."""
    association = event.assoc
    association._reactor_checkpoint = _Checkpoint()
    association._reactor_checkpoint.set()
    association.bind(evt.EVT_PDU_RECV, _note_rejection)
    limits = PduLimits(association.requestor.maximum_length or P_DATA_BYTES, seconds)
    association.dul.socket = BoundedSocket(cast(AssociationSocket, association.dul.socket), limits)


def _note_rejection(event: Event) -> None:
    """Keep that an association is rejected, and why: a handler of ``EVT_PDU_RECV``.

    Where the rejection comes at once pynetdicom takes it for a connection that failed.
    """
    if isinstance(event.pdu, A_ASSOCIATE_RJ):
        event.assoc.acceptor.primitive = event.pdu.to_primitive()
        event.assoc.is_rejected = True


def shut(connection: socket.socket, how: int = socket.SHUT_RDWR) -> None:
    """End a connection that another thread may be reading from, which then sees its end.

    ``how``: ``SHUT_RD`` leaves the other thread what it still sends.
    """
    with contextlib.suppress(OSError):
        # Not by SSLSocket's own method, which takes the encryption from under the other thread.
        socket.socket.shutdown(connection, how)
