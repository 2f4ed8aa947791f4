"""Text of a header in whatever character set, PS3.3 C.12.1.1.2 and PS3.5 6.1.

Bytes are decoded here and not by pydicom, whose warnings quote them, and so the patient.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydicom import charset

UNDECLARED = ("utf-8",)
"""Python's encodings of a header that names no character set."""

_LINE_ENDS = {ord(character) for character in "\\\r\n\t\f"}
_NAME_ENDS = _LINE_ENDS | {ord("^"), ord("=")}
_ESCAPE = b"\x1b"


def encodings_of(terms: Sequence[str]) -> Sequence[str]:
    """Return Python's encodings for the values of SpecificCharacterSet (0008,0005)."""
    # What pydicom does not know it looks up among Python's codecs, where not all are of text.
    known = charset.python_encoding.values()
    return [name for name in charset.convert_encodings(list(terms)) if name in known] or UNDECLARED


def decode(raw: bytes, encodings: Sequence[str], *, is_name: bool = False) -> str:
    """Return the text as declared, else as UTF-8, else as Latin-1, which every byte fits.

    ``is_name``: a person name (PN), in whose parts code extensions begin anew.
    """
    if _ESCAPE in raw:
        return _decode_escaped(raw, encodings, _NAME_ENDS if is_name else _LINE_ENDS)
    # Beyond ASCII, the default repertoire says nothing: what else is declared comes first.
    declared = [name for name in encodings if name != charset.default_encoding]
    for encoding in (*declared, "utf-8"):
        try:
            return raw.decode(encoding)
        except UnicodeError:
            continue
    return raw.decode("latin-1")


def _decode_escaped(raw: bytes, encodings: Sequence[str], ends: set[int]) -> str:
    """Return text with code extensions (PS3.5 6.1.2.5), whose escape sequences name themselves."""
    text = charset.decode_bytes(raw, (*encodings, *charset.CODES_TO_ENCODINGS.values()), ends)
    for sequence in charset.CODES_TO_ENCODINGS:
        # pydicom leaves some of them in.
        text = text.replace(sequence.decode("ascii"), "")
    return text
