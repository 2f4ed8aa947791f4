"""Reading HL7 v2 messages as other systems write them; whatever is missing reads as empty.

Encoding characters are those that the message names (HL7 v2.5.1 section 2.5.4); its character set
is MSH-18, else UTF-8 where that fits, else ISO 8859-1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from radiograde.service.hl7.hl7_charsets import CODECS

_USUAL = "^~\\&"
_MOST_SEGMENTS = 2000
_MOST_FIELDS = 200
_HEADER = re.compile(rb"MSH([^\w\s])[^\r\n]{4}")
_HEX = re.compile(r"X([0-9A-Fa-f]{2})+")


class MessageError(Exception):
    """What came is no HL7 message; its words quote nothing of it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of a message; ``fields[n]`` is field n, as the standard numbers it."""

    name: str
    fields: tuple[str, ...]
    encoding: str

    def text(self, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """Return a part of the first repetition of a field, unescaped; "" where there is none."""
        return next(self.texts(field, component, subcomponent), "")

    def texts(self, field: int, component: int = 1, subcomponent: int = 1) -> Iterator[str]:
        """Yield this part of each repetition."""
        if field >= len(self.fields):
            return
        for repetition in self.fields[field].split(self.encoding[1]):
            whole = _part(repetition, self.encoding[0], component)
            yield self._unescaped(_part(whole, self.encoding[3], subcomponent)).strip()

    def _unescaped(self, text: str) -> str:
        escape = self.encoding[2]
        pieces = text.split(escape)
        # Every second piece stands between two escape characters; a last one without its end is
        # text that somebody did not escape.
        if len(pieces) % 2 == 0:
            pieces[-2:] = [escape.join(pieces[-2:])]
        return "".join(
            self._escape_sequence(piece) if number % 2 else piece
            for number, piece in enumerate(pieces)
        )

    def _escape_sequence(self, code: str) -> str:
        component, repetition, escape, subcomponent = tuple(self.encoding)
        meanings = {"F": "|", "S": component, "T": subcomponent, "R": repetition, "E": escape}
        if _HEX.fullmatch(code):
            return bytes.fromhex(code[1:]).decode("utf-8", "replace")
        return "\n" if code.startswith(".br") else meanings.get(code, "")


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """The segments of a message, in their order; the first is MSH."""

    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, content: bytes) -> ReceivedMessage:
        """Return what was read.

        Raises:
            MessageError: it does not begin with MSH, holds more than any message, or is written in
                another character set than it says.
        """
        if not _HEADER.match(content):
            raise MessageError("It does not begin with a message header.")
        lines = re.split(r"[\r\n]+", _decoded(content))
        bar = lines[0][3]
        encoding = _encoding_characters(lines[0].split(bar)[1])
        if len(lines) > _MOST_SEGMENTS:
            raise MessageError(f"It has more than {_MOST_SEGMENTS} segments.")
        return cls(tuple(_segment(line, bar, encoding) for line in lines if line.strip()))

    @property
    def header(self) -> Segment:
        """The message header, MSH."""
        return self.segments[0]

    @property
    def kind(self) -> tuple[str, str]:
        """Message code and trigger event, such as ``("ADT", "A40")``."""
        return self.header.text(9), self.header.text(9, 2)

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.text(10)

    def first(self, name: str) -> Segment:
        """Return the first segment of a name; an empty one where there is none."""
        return next(self.named(name), Segment(name, (), _USUAL))

    def named(self, name: str) -> Iterator[Segment]:
        """Yield the segments of a name."""
        return (one for one in self.segments if one.name == name)


def _segment(line: str, bar: str, encoding: str) -> Segment:
    name, *fields = line.split(bar, _MOST_FIELDS)
    if name == "MSH":
        fields.insert(0, bar)
    return Segment(name.strip(), (name, *fields), encoding)


def _encoding_characters(found: str) -> str:
    """Return component, repetition, escape and subcomponent separator; usual ones for the rest."""
    return (found + _USUAL[len(found) :])[:4] if len(found) < 4 else found[:4]


def _part(text: str, separator: str, number: int) -> str:
    pieces = text.split(separator)
    return pieces[number - 1] if number <= len(pieces) else ""


def _decoded(content: bytes) -> str:
    header = re.split(rb"[\r\n]", content, maxsplit=1)[0].decode("latin-1")
    fields = header.split(header[3])
    named = re.split(r"[~^]", fields[17])[0].strip() if len(fields) > 17 else ""
    if named and named not in CODECS:
        raise MessageError("It names a character set that is not known.")
    for codec in [CODECS[named]] if named else ["utf-8", "iso8859-1"]:
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    raise MessageError("It is written in another character set than it says.")
