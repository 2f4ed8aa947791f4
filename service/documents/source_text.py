"""The text of a film's header in whatever character set; damaged elements never raise.

Bytes are read before pydicom converts them: its warnings quote them, and so the patient.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom import charset
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

UNDECLARED = ("utf-8",)
_LINE_ENDS = {ord(character) for character in "\\\r\n\t\f"}
_NAME_ENDS = _LINE_ENDS | {ord("^"), ord("=")}
_ESCAPE = b"\x1b"


def encodings_of(ds: Dataset, inherited: Sequence[str] = UNDECLARED) -> Sequence[str]:
    """Return Python's encodings for SpecificCharacterSet (0008,0005), PS3.3 C.12.1.1.2.

    Where it is absent: ``inherited``.
    """
    terms = [term.strip() for term in text_of(ds, "SpecificCharacterSet").split("\\")]
    if terms == [""]:
        return inherited
    # What pydicom does not know it looks up among Python's codecs, where not all are of text.
    known = charset.python_encoding.values()
    return [name for name in charset.convert_encodings(terms) if name in known] or UNDECLARED


def text_of(ds: Dataset, keyword: str, encodings: Sequence[str] = UNDECLARED) -> str:
    """Return an element's text with its backslashes; ``""`` where absent or empty."""
    value = _value(ds, keyword)
    if isinstance(value, bytes):
        ends = _NAME_ENDS if keyword.endswith(("PatientName", "Names")) else _LINE_ENDS
        return _decode(value, encodings, ends).strip("\0 ")
    if isinstance(value, MultiValue | list | tuple):
        return "\\".join(str(part) for part in value)
    return "" if value is None else str(value).strip("\0 ")


def items_of(ds: Dataset, keyword: str) -> Sequence[Dataset]:
    """Return the items of a sequence; () where absent, damaged or no sequence."""
    if _value(ds, keyword) is None:
        return ()
    try:
        value = ds[keyword].value
        items = [item for item in value if isinstance(item, Dataset)]
    except Exception:  # noqa: BLE001 - on broken bytes pydicom raises anything
        return ()
    return items


def _value(ds: Dataset, keyword: str) -> Any:
    tag = tag_for_keyword(keyword)
    if tag is None or tag not in ds:
        return None
    try:
        element = ds.get_item(tag)
    except Exception:  # noqa: BLE001 - on broken bytes pydicom raises anything
        return None
    value = None if element is None else element.value
    return bytes(value) if isinstance(element, RawDataElement) and value is not None else value


def _decode(raw: bytes, encodings: Sequence[str], ends: set[int]) -> str:
    """Return the text as declared, else as UTF-8, else as Latin-1, which every byte fits."""
    if _ESCAPE in raw:
        return _decode_escaped(raw, encodings, ends)
    # Beyond ASCII, the default repertoire says nothing: what else is declared comes first.
    declared = [name for name in encodings if name != charset.default_encoding]
    for encoding in (*declared, "utf-8"):
        try:
            return raw.decode(encoding)
        except UnicodeError:
            continue
    return raw.decode("latin-1")


def _decode_escaped(raw: bytes, encodings: Sequence[str], ends: set[int]) -> str:
    """Return text with code extensions (PS3.5 6.1.2.5); they tell themselves what they are."""
    text = charset.decode_bytes(raw, (*encodings, *charset.CODES_TO_ENCODINGS.values()), ends)
    for sequence in charset.CODES_TO_ENCODINGS:
        # pydicom leaves some of them in.
        text = text.replace(sequence.decode("ascii"), "")
    return text
