"""Bytes to data set: with or without preamble, in any byte order, deflated or not."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from radiograde.model.errors import MalformedImageError, RadiogradeError, TruncatedError
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.element_reader import (
    KNOWN_VRS,
    UNDEFINED_LENGTH,
    ElementReader,
    Encoding,
)

PREAMBLE = 128
PIXEL_DATA = 0x7FE00010
META_END = 0x00030000
FIRST_BYTES = 1000
GROWTH = 2
EARLY_GROUPS = (0x0002, 0x0008, 0x0028)


@dataclass(frozen=True, slots=True)
class PixelElement:
    """The value of (7FE0,0010); ``declared`` is its length, None if undefined (encapsulated)."""

    value: memoryview
    declared: int | None
    vr: str | None


@dataclass(frozen=True, slots=True)
class DicomFile:
    """A data set up to its pixels."""

    header: Header
    transfer_syntax: str
    pixels: PixelElement | None


def looks_like_dicom(data: bytes) -> bool:
    """Return True for a DICOM file, or a data set stored without its preamble (PS3.10)."""
    if data[PREAMBLE : PREAMBLE + 4] == b"DICM":
        return True
    if len(data) < 8:
        return False
    groups = struct.unpack("<H", data[:2]) + struct.unpack(">H", data[:2])
    return any(group in EARLY_GROUPS for group in groups)


def parse(data: bytes, limits: Limits) -> DicomFile:
    """Return the file's header and the place of its pixels; nothing is decoded.

    Raises:
        MalformedImageError: more elements than allowed, or bytes that are no data set.
        TruncatedError: the deflated data set is cut short.
        TooLargeError: the data set inflates to more bytes than allowed.
    """
    content, at, syntax = _after_meta(data, limits)
    reader = ElementReader(content, limits.max_elements)
    elements, head, _ = reader.read(at, _encoding_of(syntax), PIXEL_DATA)
    pixels = None
    if head is not None and head.tag == PIXEL_DATA:
        declared = None if head.length == UNDEFINED_LENGTH else head.length
        end = len(content) if declared is None else head.at + declared
        if syntax == DeflatedExplicitVRLittleEndian and end < len(content):
            _check_rest(content[end:])
        pixels = PixelElement(content[head.at : end], declared, head.vr)
    return DicomFile(Header(elements), syntax, pixels)


def read_beginning(stream: BinaryIO, last_tag: int, limits: Limits) -> Header | None:
    """Return the elements of a DICOM file up to ``last_tag``; little of what lies behind is read.

    None of anything else, and of what cannot be read.

    Raises:
        OSError: the stream cannot be read.
    """
    data = stream.read(FIRST_BYTES)
    if not looks_like_dicom(data):
        return None
    header = _beginning(data, last_tag, limits, whole=False)
    while header is None and (more := stream.read(GROWTH * len(data))):
        data += more
        header = _beginning(data, last_tag, limits, whole=False)
    return header or _beginning(data, last_tag, limits, whole=True)


def _beginning(data: bytes, last_tag: int, limits: Limits, *, whole: bool) -> Header | None:
    """Return the elements up to ``last_tag``; None if they cannot be read, or may go on."""
    try:
        content, at, syntax = _after_meta(data, limits)
        reader = ElementReader(content, limits.max_elements)
        elements, head, _ = reader.read(at, _encoding_of(syntax), last_tag + 1)
    except RadiogradeError:
        return None
    return Header(elements) if whole or head is not None else None


def _after_meta(data: bytes, limits: Limits) -> tuple[memoryview, int, str]:
    """Return the bytes with the data set, where in them it begins, and its transfer syntax."""
    content = memoryview(data)
    start = PREAMBLE + 4 if data[PREAMBLE : PREAMBLE + 4] == b"DICM" else 0
    explicit = Encoding(implicit=False, little_endian=True)
    elements, _, at = ElementReader(content).read(start, explicit, META_END)
    syntax = Header(elements).text("TransferSyntaxUID") or _guess_syntax(data[at : at + 6])
    if syntax != DeflatedExplicitVRLittleEndian:
        return content, at, syntax
    return memoryview(_inflated(data[at:], limits)), 0, syntax


def _check_rest(content: memoryview) -> None:
    """Raise where no element follows inflated pixels: deflation has no checksum here.

    A damaged one is mostly longer or shorter than what was deflated.
    """
    group, element = struct.unpack("<HH", bytes(content[:4]).ljust(4, b"\0"))
    follows = (
        group << 16 | element > PIXEL_DATA and bytes(content[4:6]).decode("latin-1") in KNOWN_VRS
    )
    if any(content) and not follows:
        raise MalformedImageError("The deflated file is damaged. Send it again.")


def _encoding_of(syntax: str) -> Encoding:
    return Encoding(syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian)


def _inflated(deflated: bytes, limits: Limits) -> bytes:
    """Return the inflated data set (PS3.5 A.5), never more than ``limits.max_bytes`` of it."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(deflated, limits.max_bytes + 1)
    limits.check_bytes(len(inflated))
    if not inflater.eof:
        raise TruncatedError("The deflated file ends too early. Send it again.")
    return inflated


def _guess_syntax(head: bytes) -> str:
    """Return the uncompressed syntax that the first element is written in.

    A file without meta information does not say; explicit VR shows two capital letters.
    """
    if not (head[4:6].isalpha() and head[4:6].isupper()):
        return str(ImplicitVRLittleEndian)
    little_endian = head[1:2] == b"\0"
    return str(ExplicitVRLittleEndian if little_endian else ExplicitVRBigEndian)
