"""Safe access to the elements of a data set: sloppy values become None, never an exception.

Values are taken from the raw bytes. pydicom's own conversion quotes values, and so patients,
in its warnings.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from pydicom.datadict import dictionary_has_tag, dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from radiograde.model.errors import MalformedImageError
from radiograde.model.reading.character_sets import UNDECLARED, decode, encodings_of
from radiograde.model.reading.decimals import decimal
from radiograde.model.reading.element_reader import ElementReader, Encoding

DECODED_VRS = frozenset({"SH", "LO", "ST", "LT", "UC", "UT", "PN"})
"""Value representations that SpecificCharacterSet is about, PS3.5 6.1.2.2."""


class Header:
    """The elements of one data set, asked for by DICOM keyword (PS3.6) or by tag.

    ``encodings``: Python's, for text where the data set itself declares no character set.
    """

    def __init__(self, ds: Dataset, encodings: Sequence[str] = UNDECLARED) -> None:
        self._ds = ds
        self._inherited = encodings

    def raw(self, keyword: str | int) -> bytes | None:
        """Return the element's bytes; None if absent or empty."""
        element = self._element(keyword)
        value = element.value if isinstance(element, RawDataElement) else None
        return bytes(value) if value else None

    def texts(self, keyword: str) -> tuple[str, ...]:
        """Return the values of a text element, stripped; unprintable bytes are dropped."""
        raw = self.raw(keyword)
        if raw is None:
            return ()
        text = raw.decode("ascii", errors="ignore").replace("\0", "")
        return tuple(part.strip() for part in text.split("\\"))

    def text(self, keyword: str) -> str | None:
        """Return the first value of a text element; None if absent or empty."""
        return next(iter(self.texts(keyword)), "") or None

    def decoded(self, keyword: str) -> str:
        """Return the text of an element in its character set; ``""`` where absent or empty.

        Several values have backslashes between them. Of values that have no character set, such
        as UIDs and dates, it is the text as UTF-8.
        """
        raw = self.raw(keyword)
        if raw is None:
            return ""
        tag = tag_for_keyword(keyword)
        vr = dictionary_VR(tag) if tag is not None else "UN"
        encodings = self._encodings if vr in DECODED_VRS else UNDECLARED
        return decode(raw, encodings, is_name=vr == "PN").strip("\0 ")

    def plain_values(self) -> dict[int, bytes]:
        """Return the bytes of standard elements by tag, without padding.

        Empty elements, sequences and group lengths are left out, so that it is the same in
        explicit and implicit VR (PS3.5 7.1 and 7.2).
        """
        tags = [tag for tag in self._ds.keys() if not tag.is_private and tag.element]  # noqa: SIM118 - iterating converts the elements
        plain = {int(tag): self.raw(tag) for tag in tags if self._vr(tag) != "SQ"}
        values = {tag: (value or b"").rstrip(b"\0 ") for tag, value in plain.items()}
        return {tag: value for tag, value in values.items() if value}

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Return the values of a decimal or integer string (DS, IS); () if any is no number."""
        if not (self.raw(keyword) or b"").isascii():
            return ()
        values = [decimal(part) for part in self.texts(keyword)]
        numbers = tuple(value for value in values if value is not None)
        return numbers if len(numbers) == len(values) else ()

    def number(self, keyword: str) -> float | None:
        """Return the first value of a decimal or integer string; None if it is no number."""
        return next(iter(self.numbers(keyword)), None)

    def shorts(self, keyword: str | int) -> tuple[int, ...]:
        """Return the values of a binary element of 16-bit words (US, SS, OW), unsigned."""
        raw = self.raw(keyword)
        if raw is None:
            return ()
        order = "<" if self._little_endian(keyword) else ">"
        count = len(raw) // 2
        return struct.unpack(f"{order}{count}H", raw[: 2 * count])

    def short(self, keyword: str | int) -> int | None:
        """Return the first 16-bit word of a binary element; None if absent."""
        return next(iter(self.shorts(keyword)), None)

    def items(self, keyword: str) -> Sequence[Header]:
        """Return the items of a sequence; () if absent.

        Raises:
            MalformedImageError: it is damaged, or without end.
        """
        element = self._element(keyword)
        if element is None:
            return ()
        if isinstance(element, RawDataElement):
            encoding = Encoding(element.is_implicit_VR, element.is_little_endian)
            reader = ElementReader(memoryview(element.value or b""))
            return [Header(item, self._encodings) for item in reader.items(encoding)]
        items = element.value if isinstance(element.value, Sequence) else []
        return [Header(item, self._encodings) for item in items if isinstance(item, Dataset)]

    def readable_items(self, keyword: str) -> Sequence[Header]:
        """Return the items of a sequence; () if absent or damaged."""
        try:
            return self.items(keyword)
        except MalformedImageError:
            return ()

    @cached_property
    def _encodings(self) -> Sequence[str]:
        raw = self.raw("SpecificCharacterSet")
        terms = decode(raw, UNDECLARED).strip("\0 ") if raw is not None else ""
        if not terms:
            return self._inherited
        return encodings_of([term.strip() for term in terms.split("\\")])

    def _element(self, keyword: str | int) -> Any:
        tag = tag_for_keyword(keyword) if isinstance(keyword, str) else keyword
        if tag is None or tag not in self._ds:
            return None
        return self._ds.get_item(tag)

    def _vr(self, tag: BaseTag) -> str:
        vr = getattr(self._element(tag), "VR", None)
        if vr not in (None, "UN"):
            return str(vr)
        return dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"

    def _little_endian(self, keyword: str | int) -> bool:
        element = self._element(keyword)
        return bool(getattr(element, "is_little_endian", True))
