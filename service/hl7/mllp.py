"""Frames of the Minimal Lower Layer Protocol: HL7 v2.5.1 Appendix C, section C.4.

``0x0B message 0x1C 0x0D``; what stands between two frames is skipped.
"""

from __future__ import annotations

import socket
import time

START = b"\x0b"
END = b"\x1c"
RETURN = b"\r"

_PIECE = 65536


class FrameError(Exception):
    """What came is no frame, or a larger one than is allowed."""


def framed(message: bytes) -> bytes:
    """Return a message as it travels."""
    return START + message + END + RETURN


class FrameReader:
    """Reads the messages that come over a connection, one after the other."""

    def __init__(self, connection: socket.socket, most_bytes: int) -> None:
        self._connection = connection
        self._most_bytes = most_bytes
        self._buffer = bytearray()

    @property
    def has_begun(self) -> bool:
        """Whether a part of a message has come."""
        return START in self._buffer

    def wait(self, within_s: float) -> bool:
        """Return whether a message begins within these seconds; False: the other end hung up.

        Raises:
            TimeoutError: nothing came.
            FrameError: it is no frame.
            OSError: the connection broke.
        """
        until = time.monotonic() + within_s
        while not self.has_begun:
            if not self._receive(until):
                return False
        return True

    def read(self, within_s: float) -> bytes | None:
        """Return the next message; None where the other end hung up instead.

        Raises:
            TimeoutError: it was not there, whole, within these seconds.
            FrameError: it is larger than allowed, or no frame.
            OSError: the connection broke.
        """
        until = time.monotonic() + within_s
        while (message := self._whole()) is None:
            if not self._receive(until):
                return None
        return message

    def _receive(self, until: float) -> bool:
        left_s = until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._connection.settimeout(left_s)
        piece = self._connection.recv(_PIECE)
        self._buffer += piece
        start = self._buffer.find(START)
        if start < 0 and self._buffer.strip(RETURN + b"\n \0"):
            raise FrameError("It begins with something else than a frame.")
        del self._buffer[: start if start >= 0 else None]
        return bool(piece)

    def _whole(self) -> bytes | None:
        start = self._buffer.find(START)
        end = self._buffer.find(END, max(0, start))
        if start >= 0 and end >= 0 and end - start <= self._most_bytes:
            message = bytes(self._buffer[start + 1 : end])
            del self._buffer[: end + 1]
            return message
        if len(self._buffer) > self._most_bytes:
            raise FrameError(f"It has more than {self._most_bytes} bytes.")
        return None
