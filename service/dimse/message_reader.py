"""DIMSE messages as they come on an association, within limits of length, of parts and of time.

What is read goes from the kernel into one buffer and from there to the message's end: a film of
any size costs its own bytes, and a caller that is silent costs a thread that sleeps.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from radiograde.service.dicom_pdu import (
    A_ABORT,
    A_RELEASE_RQ,
    HEAD_BYTES,
    MOST_VALUES,
    P_DATA_TF,
    PduError,
    PduLimits,
    abort_pdu,
)
from radiograde.service.dimse.command_set import CommandError, CommandSet, decode

_READ_AHEAD_BYTES = 2**17
_VALUE_HEAD = struct.Struct(">IBB")
_LAST, _COMMAND = 0x02, 0x01
"""Bits of a message control header, PS3.8 E.2."""

_MOST_COMMAND_BYTES = 2**14
_SLACK_BYTES = 2**20
"""Commands and the protocol beside an object."""

_SLOWEST_LINK = 10_000
"""Bytes a second; a sender that is slower than that is hung up on."""

_RELEASE_RP = struct.pack(">BxIxxxx", 0x06, 4)


class AssociationEndError(Exception):
    """The association is over: ``released`` or ``aborted``, why, and what the caller still gets."""

    def __init__(self, outcome: str, reason: str | None, answer: bytes = b"") -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.answer = answer


def aborted(reason: str) -> AssociationEndError:
    """Return what ends an association by an A-ABORT of this side."""
    return AssociationEndError("aborted", reason, abort_pdu())


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """``pdu``: of each PDU. ``kept_bytes``: of a data set; what is more is counted, not kept.

    ``most_bytes``: of a message, beside some slack; who sends more is hung up on.
    """

    pdu: PduLimits
    kept_bytes: int
    most_bytes: int


@dataclass(slots=True)
class Message:
    """A command and its data set; ``size``: bytes of the data set, not all kept of one too large.

    ``context_id``: its presentation context.
    """

    context_id: int
    command: CommandSet
    data_set: bytearray = field(default_factory=bytearray)
    size: int = 0


class MessageReader:
    """Reads one message after the other; for the one thread that serves the association."""

    def __init__(self, connection: socket.socket, limits: MessageLimits) -> None:
        self._stream = _Stream(connection)
        self._limits = limits
        self._most_bytes = limits.most_bytes + _SLACK_BYTES
        self._command: bytearray = bytearray()
        self._message: Message | None = None
        self._is_whole = False
        self._received = 0
        self._began = 0.0

    def read(self, wait_s: float) -> Message | None:
        """Return the next message; None where nothing comes of it within ``wait_s``.

        Raises:
            AssociationEndError: the caller releases or aborts, is silent within a message, or
                sends what is not allowed.
        """
        if not self._stream.wait(wait_s):
            return None
        self._command.clear()
        self._is_whole, self._received, self._began = False, 0, time.monotonic()
        while not self._is_whole:
            if self._received and not self._stream.wait(self._limits.pdu.seconds):
                raise aborted(f"silent for {self._limits.pdu.seconds:g} s")
            self._read_pdu()
        # A film is not held while its sender is silent.
        message, self._message = self._message, None
        return message

    def _read_pdu(self) -> None:
        seconds = self._limits.pdu.seconds
        end = time.monotonic() + seconds
        try:
            head = bytes(self._stream.take(HEAD_BYTES, end))
            length = self._limits.pdu.check_head(head)
            if head[0] != P_DATA_TF:
                self._end(head[0], length, end)
            self._check_whole(HEAD_BYTES + length)
            self._read_values(length, end)
        except (PduError, CommandError) as error:
            raise aborted(str(error)) from error
        except TimeoutError as error:
            raise aborted(f"a PDU that is not whole within {seconds:g} s") from error

    def _end(self, kind: int, length: int, end: float) -> None:
        """Raise what a PDU without data means."""
        if kind == A_RELEASE_RQ:
            self._stream.take(length, end)
            raise AssociationEndError("released", None, _RELEASE_RP)
        if kind == A_ABORT:
            raise gone()
        raise PduError(f"a PDU of type {kind:#04x}, which does not belong here")

    def _check_whole(self, count: int) -> None:
        """Count what comes of a message; raise where it is too much, or takes too long."""
        self._received += count
        allowed_s = self._limits.pdu.seconds + self._received / _SLOWEST_LINK
        if self._received > self._most_bytes:
            raise PduError(f"a message of more than {self._most_bytes} bytes")
        if time.monotonic() - self._began > allowed_s:
            raise PduError(f"a message that is not whole within {allowed_s:.0f} s")

    def _read_values(self, left: int, end: float) -> None:
        """Read the presentation data values of a PDU, PS3.8 9.3.5.1."""
        for _ in range(MOST_VALUES):
            if not left:
                return
            if left < _VALUE_HEAD.size:
                raise PduError("a presentation data value that is cut short")
            length, context_id, control = _VALUE_HEAD.unpack(
                self._stream.take(_VALUE_HEAD.size, end)
            )
            left -= length + 4
            if length < 2 or left < 0:
                raise PduError("a presentation data value whose length does not fit")
            self._read_value(context_id, control, length - 2, end)
        if left:
            raise PduError(f"a PDU of more than {MOST_VALUES} items")

    def _read_value(self, context_id: int, control: int, length: int, end: float) -> None:
        message = self._message
        is_command = bool(control & _COMMAND)
        if self._is_whole or is_command == (message is not None):
            raise PduError("a fragment that belongs to no message")
        if message is None:
            self._read_command(context_id, control, length, end)
            return
        if context_id != message.context_id:
            raise PduError("a data set of another presentation context than its command")
        message.size += length
        fits = message.size <= self._limits.kept_bytes
        if not fits:
            message.data_set.clear()
        for part in self._stream.parts(length, end):
            if fits:
                message.data_set += part
        self._is_whole = bool(control & _LAST)

    def _read_command(self, context_id: int, control: int, length: int, end: float) -> None:
        if len(self._command) + length > _MOST_COMMAND_BYTES:
            raise PduError(f"a command set of more than {_MOST_COMMAND_BYTES} bytes")
        for part in self._stream.parts(length, end):
            self._command += part
        if control & _LAST:
            command = decode(self._command)
            self._message = Message(context_id, command)
            self._is_whole = not command.has_data_set


def gone() -> AssociationEndError:
    """Return what the caller's own end of an association comes to."""
    return AssociationEndError("aborted", "ended by the caller, or the connection was lost")


class _Stream:
    """The bytes of a connection, read ahead. What it gives is valid until it is asked again."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = memoryview(bytearray(_READ_AHEAD_BYTES))
        self._at = 0
        self._end = 0

    def wait(self, seconds: float) -> bool:
        """Return whether there is something to read, at the latest after so long."""
        if self._at == self._end:
            self._at = self._end = 0
            try:
                self._fill(time.monotonic() + seconds)
            except TimeoutError:
                return False
        return True

    def take(self, count: int, end: float) -> memoryview:
        """Return the next few bytes. Raises TimeoutError, AssociationEndError."""
        if self._end - self._at < count:
            left = self._end - self._at
            self._buffer[:left] = bytes(self._buffer[self._at : self._end])
            self._at, self._end = 0, left
            while self._end < count:
                self._fill(end)
        return self._next(count)

    def parts(self, count: int, end: float) -> Iterator[memoryview]:
        """Yield the next bytes as they come. Raises TimeoutError, AssociationEndError."""
        while count:
            if self._at == self._end:
                self._at = self._end = 0
                self._fill(end)
            part = self._next(min(count, self._end - self._at))
            count -= len(part)
            yield part

    def _next(self, count: int) -> memoryview:
        part = self._buffer[self._at : self._at + count]
        self._at += count
        return part

    def _fill(self, end: float) -> None:
        left_s = end - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        try:
            self._connection.settimeout(left_s)
            count = self._connection.recv_into(self._buffer[self._end :])
        except TimeoutError:
            raise
        except OSError as error:
            raise gone() from error
        if not count:
            raise gone()
        self._end += count
