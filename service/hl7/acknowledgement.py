"""Acknowledgements: MSA and ERR, HL7 v2.5.1 sections 2.14.8 and 2.14.5, tables 0008 and 0357."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from radiograde.service.hl7.er7 import Envelope, segment, value
from radiograde.service.hl7.received_message import MessageError, ReceivedMessage

Verdict = Literal["taken", "later", "refused"]

_TAKEN = ("AA", "CA")
_REJECTED = ("AR", "CR")
_PASSING = ("204", "206", "207")
"""Unknown key identifier (its patient or order may come yet), record locked, internal error."""

_MEANINGS = {
    "100": "segment sequence error",
    "101": "required field missing",
    "102": "data type error",
    "103": "table value not found",
    "200": "unsupported message type",
    "201": "unsupported event code",
    "202": "unsupported processing id",
    "203": "unsupported version id",
    "204": "unknown key identifier",
    "205": "duplicate key identifier",
    "206": "application record locked",
    "207": "application internal error",
}


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """``code``: MSA-1. ``control_id``: of the message that it answers. ``error``: ERR-3.

    ``words``: whatever the receiver wrote for people; they may name a patient.
    """

    code: str
    control_id: str
    error: str = ""
    words: str = ""

    @property
    def verdict(self) -> Verdict:
        """What became of the message: a rejection without a cause is no fault of it."""
        if self.code in _TAKEN:
            return "taken"
        if self.error in _PASSING or (self.code in _REJECTED and not self.error):
            return "later"
        return "refused"

    def describe(self) -> str:
        """Return code and error for people, such as ``AE 101, required field missing``."""
        meaning = _MEANINGS.get(self.error)
        return f"{self.code} {self.error}, {meaning}" if meaning else self.code


def read_acknowledgement(content: bytes) -> Acknowledgement | None:
    """Return what a message acknowledges; None where it is no acknowledgement."""
    try:
        message = ReceivedMessage.parse(content)
    except MessageError:
        return None
    answer, error = message.first("MSA"), message.first("ERR")
    code = answer.text(1)
    if code not in ("AA", "AE", "AR", "CA", "CE", "CR"):
        return None
    words = [answer.text(3), *(error.text(field) for field in (8, 7))]
    # Before v2.5 the code stood in ERR-1, as its fourth component.
    number = error.text(3) or error.text(1, 4)
    known = number if number in _MEANINGS else ""
    return Acknowledgement(code, answer.text(2), known, " ".join(filter(None, words)))


def acknowledge_unread(words: str) -> bytes:
    """Return the answer to what is no message, so that nobody knows its control id."""
    segments = [
        segment("MSA", {1: "AR", 2: ""}),
        segment("ERR", {3: value("100", _MEANINGS["100"], "HL70357"), 4: "E", 8: words}),
    ]
    return Envelope(("ACK",), "RADIOGRADE").message(datetime.now(UTC), segments)


def acknowledge(message: ReceivedMessage, code: str, *, error: str = "", words: str = "") -> bytes:
    """Return the answer to a message: ``code`` of table 0008, ``error`` of table 0357."""
    header = message.header
    envelope = Envelope(
        ("ACK", message.kind[1], "ACK"),
        header.text(5),
        header.text(6),
        header.text(3),
        header.text(4),
    )
    segments = [segment("MSA", {1: code, 2: message.control_id})]
    if error:
        fields = {3: value(error, _MEANINGS[error], "HL70357"), 4: "E", 8: words}
        segments.append(segment("ERR", fields))
    return envelope.message(datetime.now(UTC), segments)
