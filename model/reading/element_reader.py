"""The elements of a data set by their place in the bytes, PS3.5 section 7; nothing is converted.

pydicom's reader trusts every length, recurses into sequences without counting, and reads all
that follows one wrong element wrong. Here what is met is counted at every depth, and an element
without a value representation, or a sequence whose length is wrong, costs only itself.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import STR_VR

from radiograde.model.errors import MalformedImageError

UNDEFINED_LENGTH = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
DELIMITER_GROUP = 0xFFFE
LONG_FORM_VRS = frozenset(
    ("OB", "OW", "OD", "OF", "OL", "OV", "SQ", "UC", "UN", "UR", "UT", "SV", "UV")
)
KNOWN_VRS = LONG_FORM_VRS | STR_VR | {"AT", "FL", "FD", "SL", "SS", "UL", "US"}
FRAGMENTED_VRS = ("OB", "OW")
MOST_ELEMENTS = 100_000
MOST_HEADER_BYTES = 64 * 2**20
DEEPEST = 32
NO_STOP = 1 << 32


@dataclass(frozen=True, slots=True)
class Head:
    """An element before its value; ``vr`` is None in implicit VR, ``at`` is where the value is."""

    tag: int
    vr: str | None
    length: int
    at: int


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written, PS3.5 7.1."""

    implicit: bool
    little_endian: bool


class ElementReader:
    """Follows the elements in ``data``; one budget of elements for all that it is asked."""

    def __init__(self, data: memoryview, most_elements: int = MOST_ELEMENTS) -> None:
        self._data = data
        self._left = most_elements

    def read(
        self, at: int, encoding: Encoding, stop: int = NO_STOP
    ) -> tuple[Dataset, Head | None, int]:
        """Return the elements from ``at`` to the first of tag ``stop`` or beyond.

        After them that element, None at the end of the data, and where it is. An element that
        the data cuts short is left out.

        Raises:
            MalformedImageError: too many elements, header bytes or levels, or an element without
                a value representation that cannot be passed.
        """
        start, end = at, len(self._data)
        encoding = self._encoding_at(at, end, encoding)
        found = Dataset()
        while (head := self._head(at, end, encoding, stop)) is not None and head.tag < stop:
            value_end, following = self._extent(head, end, encoding, 0)
            if value_end > end:
                return found, None, end
            if following - start > MOST_HEADER_BYTES:
                raise MalformedImageError("The DICOM header has no end. Export the film again.")
            found[BaseTag(head.tag)] = self._raw(head, value_end, encoding)
            at = following
        return found, head, at

    def items(self, encoding: Encoding) -> Iterator[Dataset]:
        """Yield the items of a sequence, of which the data are the value.

        Raises:
            MalformedImageError: as :meth:`read`, or what stands there is no item.
        """
        at, end = 0, len(self._data)
        while (head := self._head(at, end, encoding)) is not None and head.tag != SEQUENCE_END:
            if head.tag != ITEM:
                raise MalformedImageError("A sequence of the header is damaged.")
            value_end, at = self._item_extent(head, end, encoding, 0)
            inside = ElementReader(self._data[head.at : min(value_end, end)], self._left)
            yield inside.read(0, encoding)[0]
            self._left = inside._left

    def _raw(self, head: Head, value_end: int, encoding: Encoding) -> RawDataElement:
        value = bytes(self._data[head.at : value_end])
        implicit, little_endian = encoding.implicit, encoding.little_endian
        if head.vr == "UN" and head.length == UNDEFINED_LENGTH:
            # PS3.5 6.2.2: such a sequence is written in Implicit VR Little Endian.
            implicit, little_endian = True, True
        tag = BaseTag(head.tag)
        return RawDataElement(
            tag, head.vr, value_end - head.at, value, head.at, implicit, little_endian
        )

    def _head(self, at: int, end: int, encoding: Encoding, stop: int = NO_STOP) -> Head | None:
        """Return the element at a place; None where too little is left for one.

        Where its tag is ``stop`` or beyond, it need not have a value representation.
        """
        if at + 8 > end:
            return None
        self._left -= 1
        if self._left < 0:
            raise MalformedImageError("The DICOM header has no end. Export the film again.")
        order = "<" if encoding.little_endian else ">"
        group, element = struct.unpack_from(f"{order}HH", self._data, at)
        tag = group << 16 | element
        (long,) = struct.unpack_from(f"{order}I", self._data, at + 4)
        if encoding.implicit or group == DELIMITER_GROUP:
            return Head(tag, None, long, at + 8)
        vr = _vr_at(self._data, at + 4)
        (short,) = struct.unpack_from(f"{order}H", self._data, at + 6)
        if vr is None and tag >= stop:
            return Head(tag, None, long, at + 8)
        if vr is None:
            return self._without_vr(Head(tag, None, long, at + 8), short, end, encoding)
        if vr not in LONG_FORM_VRS:
            return Head(tag, vr, short, at + 8)
        if at + 12 > end:
            return None
        (long,) = struct.unpack_from(f"{order}I", self._data, at + 8)
        return Head(tag, vr, long, at + 12)

    def _without_vr(self, implicit: Head, short: int, end: int, encoding: Encoding) -> Head:
        """Return an element whose value representation is missing among others that have one.

        Its length is then of four bytes, as in implicit VR, or of two behind a blank: whichever
        leads to another element.
        """
        for head in (implicit, replace(implicit, length=short)):
            if self._leads_on(head.at + head.length, end, encoding, head.tag):
                return head
        group, element = divmod(implicit.tag, 1 << 16)
        raise MalformedImageError(
            f"The element ({group:04X},{element:04X}) has no value representation. "
            "Export the film again."
        )

    def _leads_on(self, at: int, end: int, encoding: Encoding, previous: int) -> bool:
        """Return whether an element that may follow ``previous`` stands there, or the end."""
        if at == end:
            return True
        if at + 8 > end:
            return False
        order = "<" if encoding.little_endian else ">"
        group, element = struct.unpack_from(f"{order}HH", self._data, at)
        if group == DELIMITER_GROUP or group << 16 | element <= previous:
            return False
        return encoding.implicit or _vr_at(self._data, at + 4) in KNOWN_VRS

    def _encoding_at(self, at: int, end: int, declared: Encoding) -> Encoding:
        """Return how the elements from here on are written: their first says it."""
        if at + 8 > end:
            return declared
        looks_explicit = _vr_at(self._data, at + 4) in KNOWN_VRS
        if declared.implicit == (not looks_explicit):
            return declared
        if looks_explicit:
            return replace(declared, implicit=False)
        order = "<" if declared.little_endian else ">"
        (length,) = struct.unpack_from(f"{order}I", self._data, at + 4)
        following = at + 8 + length
        explicit_follows = following + 8 <= end and _vr_at(self._data, following + 4) in KNOWN_VRS
        blank = bytes(self._data[at + 4 : at + 6]) in (b"\0\0", b"  ")
        return declared if explicit_follows or blank else replace(declared, implicit=True)

    def _extent(self, head: Head, end: int, encoding: Encoding, depth: int) -> tuple[int, int]:
        """Return where an element's value ends, and where the next element begins."""
        if head.length == UNDEFINED_LENGTH:
            return self._sequence_extent(head, end, encoding, depth)
        stated = head.at + head.length
        if _is_sequence(head) and not self._leads_on(stated, end, encoding, head.tag):
            followed = self._sequence_end_by_structure(head, end, encoding, depth)
            if self._leads_on(followed, end, encoding, head.tag):
                return followed, followed
        return stated, stated

    def _sequence_extent(
        self, head: Head, end: int, encoding: Encoding, depth: int
    ) -> tuple[int, int]:
        """Return the end of a sequence of items or fragments, before and behind its delimiter."""
        if depth > DEEPEST:
            raise MalformedImageError("The header is nested too deeply. Export the film again.")
        if head.vr == "UN":
            encoding = Encoding(implicit=True, little_endian=True)
        at = head.at
        while (item := self._head(at, end, encoding)) is not None:
            if item.tag == SEQUENCE_END:
                return at, item.at
            if item.tag != ITEM:
                return at, at
            if head.vr in FRAGMENTED_VRS:
                at = item.at + item.length
            else:
                _, at = self._item_extent(item, end, encoding, depth)
        raise _endless()

    def _item_extent(self, item: Head, end: int, encoding: Encoding, depth: int) -> tuple[int, int]:
        if item.length != UNDEFINED_LENGTH:
            return item.at + item.length, item.at + item.length
        at = item.at
        encoding = self._encoding_at(at, end, encoding)
        while (head := self._head(at, end, encoding)) is not None:
            if head.tag == ITEM_END:
                return at, head.at
            if head.tag >> 16 == DELIMITER_GROUP:
                return at, at
            _, at = self._extent(head, end, encoding, depth + 1)
        raise _endless()

    def _sequence_end_by_structure(
        self, head: Head, end: int, encoding: Encoding, depth: int
    ) -> int:
        """Return where a sequence ends, by what its items hold instead of their lengths."""
        at = head.at
        while (item := self._head(at, end, encoding)) is not None and item.tag == ITEM:
            at, previous = item.at, 0
            last = min(end, item.at + item.length)
            while at < last and self._leads_on(at, end, encoding, previous):
                inner = self._head(at, end, encoding)
                if inner is None:
                    return end
                _, at = self._extent(inner, end, encoding, depth + 1)
                previous = inner.tag
        return at


def _endless() -> MalformedImageError:
    return MalformedImageError("A sequence of the header has no end. Export the film again.")


def _is_sequence(head: Head) -> bool:
    if head.vr is not None:
        return head.vr == "SQ"
    return dictionary_has_tag(head.tag) and dictionary_VR(head.tag) == "SQ"


def _vr_at(data: memoryview, at: int) -> str | None:
    """Return the two capital letters that stand there; None if there are none."""
    letters = bytes(data[at : at + 2])
    return letters.decode("ascii") if letters.isalpha() and letters.isupper() else None
