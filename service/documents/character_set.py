"""A document in a character set that an old archive reads, PS3.3 C.12.1.1.2 and PS3.5 6.1."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from pydicom.charset import python_encoding
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.valuerep import PersonName

from radiograde.service.documents.document_form import UTF_8

_TEXT = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_ASCII = "ISO_IR 6"


def write_in(ds: Dataset, charset: str) -> None:
    """Have a data set in UTF-8 written in another character set, as far as that holds its text.

    Of a name the groups stay that it holds. Of other text, accents go, and letters become question
    marks. Nobody would find a document by half a number: where one cannot be written, all stays
    in UTF-8.
    """
    if charset == UTF_8:
        return
    encodings = _encodings(charset)
    texts = list(_texts(ds))
    if not all(_fits(str(one.value), encodings) for one in texts if _identifies(one)):
        return
    for element in texts:
        element.value = _each(element, encodings)
    if charset == _ASCII:
        del ds.SpecificCharacterSet
    else:
        ds.SpecificCharacterSet = ["", charset] if "2022" in charset else charset


def _encodings(charset: str) -> tuple[str, ...]:
    if charset == _ASCII:
        return ("ascii",)
    encoding = python_encoding[charset]
    return ("ascii", encoding) if "2022" in charset else (encoding,)


def _texts(ds: Dataset) -> Iterator[DataElement]:
    for element in ds:
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item)
        elif element.VR in _TEXT and element.value:
            yield element


def _identifies(element: DataElement) -> bool:
    return element.keyword.endswith(("ID", "Number", "ImagingServiceRequest"))


def _fits(text: str, encodings: tuple[str, ...]) -> bool:
    return all(_letter_fits(letter, encodings) for letter in text)


def _letter_fits(letter: str, encodings: tuple[str, ...]) -> bool:
    for encoding in encodings:
        try:
            letter.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False


def _each(element: DataElement, encodings: tuple[str, ...]) -> Any:
    write: Callable[[str, tuple[str, ...]], str] = _name if element.VR == "PN" else _plain
    if element.VM > 1:
        return [write(str(value), encodings) for value in element.value]
    value = write(str(element.value), encodings)
    return PersonName(value) if element.VR == "PN" else value


def _name(name: str, encodings: tuple[str, ...]) -> str:
    """Return the groups of a name that fit; where none does, the first in what letters do."""
    groups = name.split("=")
    kept = [group if _fits(group, encodings) else "" for group in groups]
    return "=".join(kept).rstrip("=") or _plain(groups[0], encodings)


def _plain(text: str, encodings: tuple[str, ...]) -> str:
    return "".join(_nearest(letter, encodings) for letter in text)


def _nearest(letter: str, encodings: tuple[str, ...]) -> str:
    if _letter_fits(letter, encodings):
        return letter
    bare = "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))
    return bare if bare and _fits(bare, encodings) else "?"
