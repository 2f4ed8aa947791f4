r"""Writing HL7 v2 messages in ER7, the encoding with vertical bars (v2.5.1 sections 2.5 to 2.7).

What is text becomes a value by :func:`value` alone, which escapes it: no name or comment can end a
field, a segment or a message.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from radiograde.service.hl7.hl7_charsets import CODECS, UNICODE

VERSION = "2.5.1"
ENCODING_CHARACTERS = "^~\\&"
CONTROL_ID_LENGTH = 20
"""The longest that MSH-10 may be."""

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_UNPRINTABLE = ("Cc", "Zl", "Zp")


class Er7(str):
    """A value that is encoded: a component, a field, a field's repetitions."""

    __slots__ = ()


def value(*components: str) -> Er7:
    """Return a field of its components; those that are no Er7 are text, and escaped."""
    return _joined("^", components)


def parts(*subcomponents: str) -> Er7:
    """Return a component of its subcomponents."""
    return _joined("&", subcomponents)


def repeated(*values: Er7) -> Er7:
    """Return a field of its repetitions."""
    return Er7("~".join(values))


def time_stamp(time: datetime) -> Er7:
    """Return a TS to the second, with its zone where the time has one."""
    return Er7(f"{time:%Y%m%d%H%M%S%z}")


def segment(name: str, fields: Mapping[int, str]) -> str:
    """Return a segment of its fields, by their number in the standard; the others are empty."""
    last = max((number for number, text in fields.items() if text), default=0)
    encoded = [_encoded(fields.get(number, "")) for number in range(1, last + 1)]
    return "|".join([name, *encoded])


@dataclass(frozen=True, slots=True)
class Envelope:
    """From which application to which a message goes, and in which characters: MSH.

    ``charset``: of HL7 table 0211. ``kind``: MSH-9, such as ``("ORU", "R01", "ORU_R01")``.
    """

    kind: tuple[str, ...]
    sending_application: str
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    charset: str = UNICODE

    def message(self, time: datetime, segments: Sequence[str]) -> bytes:
        """Return a message whose control id follows from all else in it: its copies share it.

        Where the character set does not hold the text the message is in UTF-8 and says so: half
        a name or number would be another's.
        """
        charset = self.charset if _fits(segments, self.charset) else UNICODE
        digest = hashlib.sha256(repr((self, charset, time, tuple(segments))).encode())
        control_id = digest.hexdigest()[:CONTROL_ID_LENGTH].upper()
        return self.with_control_id(control_id, time, segments, charset)

    def with_control_id(
        self, control_id: str, time: datetime, segments: Sequence[str], charset: str = UNICODE
    ) -> bytes:
        """Return a message with a control id that its caller gives."""
        fields = {
            2: Er7(ENCODING_CHARACTERS),
            3: self.sending_application,
            4: self.sending_facility,
            5: self.receiving_application,
            6: self.receiving_facility,
            7: time_stamp(time),
            9: value(*self.kind),
            10: control_id,
            11: "P",
            12: VERSION,
            18: charset,
        }
        # MSH-1 is the bar itself.
        header = segment("MSH", fields).replace("||", "|", 1)
        return "".join(f"{one}\r" for one in (header, *segments)).encode(CODECS[charset])


def _encoded(text: str) -> Er7:
    return text if isinstance(text, Er7) else Er7("".join(map(_escaped, text)))


def _joined(separator: str, texts: Sequence[str]) -> Er7:
    return Er7(separator.join(map(_encoded, texts)).rstrip(separator))


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if unicodedata.category(character) == "Cs":
        return "?"
    if unicodedata.category(character) in _UNPRINTABLE:
        return f"\\X{character.encode().hex().upper()}\\"
    return character


def _fits(segments: Sequence[str], charset: str) -> bool:
    try:
        "".join(segments).encode(CODECS[charset])
    except UnicodeEncodeError:
        return False
    return True
