"""A caller's A-ASSOCIATE-RQ before pynetdicom sees it: who calls whom, and whether it is let in."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from dataclasses import dataclass

from radiograde.service.dicom_pdu import (
    A_ASSOCIATE_RQ,
    HEAD_BYTES,
    P_DATA_BYTES,
    PduError,
    PduLimits,
    check_items,
    receive,
)
from radiograde.service.tls import cause_of

_LIMITS = PduLimits(P_DATA_BYTES, 0.0)
_CALLED, _CALLING = slice(10, 26), slice(26, 42)
"""Where the AE titles stand, PS3.8 Table 9-11."""


class NoAssociationError(Exception):
    """There will be no association, and why; ``answer``: the A-ASSOCIATE-RJ, if one is due.

    ``notable``: an administrator may want to know; not of who looks whether the port is open.
    """

    def __init__(
        self,
        reason: str,
        *,
        request: Request | None = None,
        answer: bytes | None = None,
        notable: bool = True,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.request = request
        self.answer = answer
        self.notable = notable


@dataclass(frozen=True, slots=True)
class Request:
    """An A-ASSOCIATE-RQ, whole and as it was sent."""

    pdu: bytes

    @property
    def called(self) -> bytes:
        """The AE title that is called."""
        return self.pdu[_CALLED].strip(b" ")

    @property
    def calling(self) -> bytes:
        """The AE title of the caller."""
        return self.pdu[_CALLING].strip(b" ")

    def refuse(self, reason: str, result: int, source: int, diagnostic: int) -> NoAssociationError:
        """Return the refusal to be raised, with its answer, PS3.8 Table 9-21."""
        answer = struct.pack(">BxIxBBB", 0x03, 4, result, source, diagnostic)
        return NoAssociationError(reason, request=self, answer=answer)


def receive_request(connection: socket.socket, end: float, seconds: float) -> Request:
    """Return the request that a caller begins with, after TLS where that is spoken.

    ``end``: until when, by the monotonic clock; no byte renews it. ``seconds``: as words say it.

    Raises:
        NoAssociationError: something else came, too much, or nothing in time.
    """
    try:
        if isinstance(connection, ssl.SSLSocket):
            _agree(connection, end)
        head = receive(connection, HEAD_BYTES, end)
        if not head:
            raise NoAssociationError("nothing was asked", notable=False)
        if len(head) < HEAD_BYTES or head[0] != A_ASSOCIATE_RQ:
            raise NoAssociationError("no association was asked for")
        body = receive(connection, length := _LIMITS.check_head(head), end)
        if len(body) < max(length, _CALLING.stop - HEAD_BYTES):
            raise NoAssociationError("the request is cut short")
        check_items(A_ASSOCIATE_RQ, body)
    except TimeoutError as error:
        raise NoAssociationError(f"nothing whole was asked within {seconds:g} s") from error
    except PduError as error:
        raise NoAssociationError(f"the request is {error}") from error
    except ssl.SSLError as error:
        hung_up = isinstance(error, ssl.SSLEOFError)
        raise NoAssociationError(f"TLS: {cause_of(error)}", notable=not hung_up) from error
    except OSError as error:
        raise NoAssociationError("the connection was lost") from error
    return Request(bytes(head + body))


def _agree(connection: ssl.SSLSocket, end: float) -> None:
    connection.settimeout(max(end - time.monotonic(), 0.001))
    connection.do_handshake()


def printable(title: bytes | str) -> str:
    """Return an AE title for a log: printable ASCII, 16 characters at most."""
    raw = title if isinstance(title, bytes) else title.encode("ascii", "replace")
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "?" for byte in raw[:16]).strip()
