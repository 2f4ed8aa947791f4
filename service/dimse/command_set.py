"""Command sets, PS3.7 6.3: the elements of group 0000, in Implicit VR Little Endian."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

C_STORE_RQ, C_ECHO_RQ, C_CANCEL_RQ = 0x0001, 0x0030, 0x0FFF
N_EVENT_REPORT_RQ, N_ACTION_RQ = 0x0100, 0x0130
RESPONSE = 0x8000
"""The bit of the Command Field that tells an answer from a request, PS3.7 E.1."""

AFFECTED_CLASS, REQUESTED_CLASS = 0x0002, 0x0003
COMMAND_FIELD, MESSAGE_ID, ANSWERED_ID = 0x0100, 0x0110, 0x0120
DATA_SET_TYPE, STATUS, ERROR_COMMENT = 0x0800, 0x0900, 0x0902
AFFECTED_INSTANCE, REQUESTED_INSTANCE = 0x1000, 0x1001
EVENT_TYPE, ACTION_TYPE = 0x1002, 0x1008

_NO_DATA_SET = 0x0101
_DATA_SET = 0x0001
_HEAD = struct.Struct("<HHI")


class CommandError(ValueError):
    """Bytes that are no command set. Says why."""


@dataclass(frozen=True, slots=True)
class CommandSet:
    """The values of a command set by element number, as they were sent."""

    elements: Mapping[int, bytes]

    def number(self, element: int) -> int | None:
        """Return the value of a US element; None where it is absent or none."""
        value = self.elements.get(element, b"")
        return int(struct.unpack("<H", value)[0]) if len(value) == 2 else None

    def uid(self, element: int) -> str:
        """Return the value of a UI element; empty where it is absent or no ASCII."""
        value = self.elements.get(element, b"")
        return value.decode("ascii").rstrip("\0 ") if value.isascii() else ""

    @property
    def field(self) -> int:
        """What is asked or answered: the Command Field."""
        return self.number(COMMAND_FIELD) or 0

    @property
    def has_data_set(self) -> bool:
        """Whether a data set follows."""
        return self.number(DATA_SET_TYPE) != _NO_DATA_SET


def decode(encoded: bytes | bytearray) -> CommandSet:
    """Return the command set in these bytes.

    Raises:
        CommandError: an element of another group, one that is cut short, or no Command Field.
    """
    elements: dict[int, bytes] = {}
    at = 0
    while at < len(encoded):
        if at + _HEAD.size > len(encoded):
            raise CommandError("a command set that is cut short")
        group, element, length = _HEAD.unpack_from(encoded, at)
        at += _HEAD.size
        if group != 0 or at + length > len(encoded):
            raise CommandError("bytes that are no command set")
        elements[element] = bytes(encoded[at : at + length])
        at += length
    command = CommandSet(elements)
    if command.number(COMMAND_FIELD) is None or command.number(DATA_SET_TYPE) is None:
        raise CommandError("a command set without its Command Field or Data Set Type")
    return command


def encode(values: Mapping[int, int | bytes], *, data_set: bool = False) -> bytes:
    """Return a command set with its group length; numbers are US, PS3.7 E.1."""
    elements = {**values, DATA_SET_TYPE: _DATA_SET if data_set else _NO_DATA_SET}
    encoded = b"".join(_element(element, elements[element]) for element in sorted(elements))
    return _element(0x0000, struct.pack("<I", len(encoded))) + encoded


def answer_to(request: CommandSet, status: int, comment: str = "") -> bytes:
    """Return the response to a request, which names what the request named, PS3.7 9.3 and 10.3."""
    values: dict[int, int | bytes] = {
        COMMAND_FIELD: request.field | RESPONSE,
        ANSWERED_ID: request.number(MESSAGE_ID) or 0,
        STATUS: status,
    }
    same = {
        AFFECTED_CLASS: AFFECTED_CLASS,
        AFFECTED_INSTANCE: AFFECTED_INSTANCE,
        REQUESTED_CLASS: AFFECTED_CLASS,
        REQUESTED_INSTANCE: AFFECTED_INSTANCE,
        ACTION_TYPE: ACTION_TYPE,
        EVENT_TYPE: EVENT_TYPE,
    }
    named = {to: request.elements[one] for one, to in same.items() if one in request.elements}
    if comment:
        values[ERROR_COMMENT] = comment.encode("ascii", "replace")[:64]
    return encode(values | named)


def _element(element: int, value: int | bytes) -> bytes:
    encoded = struct.pack("<H", value) if isinstance(value, int) else value
    encoded += b"\0" * (len(encoded) % 2) if element != ERROR_COMMENT else b" " * (len(encoded) % 2)
    return _HEAD.pack(0, element, len(encoded)) + encoded
