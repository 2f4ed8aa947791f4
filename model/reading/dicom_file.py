"""Bytes to data set: with or without preamble, in any byte order, deflated or not."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass

from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from radiograde.model.errors import MalformedImageError, TruncatedError
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_header import Header

PREAMBLE = 128
PIXEL_DATA = 0x7FE00010
UNDEFINED_LENGTH = 0xFFFFFFFF
META_GROUP = 0x0002
EARLY_GROUPS = (0x0002, 0x0008, 0x0028)
LONG_FORM_VRS = ("OB", "OW", "OD", "OF", "OL", "OV", "SQ", "UC", "UN", "UR", "UT", "SV", "UV")


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

    Bytes that cannot be followed as a data set raise whatever pydicom meets in them.

    Raises:
        MalformedImageError: more elements than allowed.
        TruncatedError: the deflated data set is cut short.
        TooLargeError: the data set inflates to more bytes than allowed.
    """
    start = PREAMBLE + 4 if data[PREAMBLE : PREAMBLE + 4] == b"DICM" else 0
    stream = io.BytesIO(data)
    stream.seek(start)
    meta = Header(read_dataset(stream, False, True, stop_when=_after_meta))
    syntax = meta.text("TransferSyntaxUID")
    body = memoryview(data)[stream.tell() :]
    if syntax == DeflatedExplicitVRLittleEndian:
        body = memoryview(_inflate(body, limits))
    return _parse_body(body, syntax or _guess_syntax(body), limits)


def peek(data: bytes, limits: Limits) -> Header | None:
    """Return the header of a DICOM file; None of anything else, and of one that cannot be read."""
    if not looks_like_dicom(data):
        return None
    try:
        return parse(data, limits).header
    except Exception:  # noqa: BLE001 - on broken bytes parsers raise anything
        return None


def _parse_body(body: memoryview, syntax: str, limits: Limits) -> DicomFile:
    stream = io.BytesIO(body)
    until_pixels = _UntilPixels(limits.max_elements)
    ds = read_dataset(
        stream,
        syntax == ImplicitVRLittleEndian,
        syntax != ExplicitVRBigEndian,
        stop_when=until_pixels,
    )
    pixels = None
    if until_pixels.found:
        long_form = until_pixels.vr in LONG_FORM_VRS
        start = stream.tell() + (12 if long_form else 8)
        length = until_pixels.length
        declared = None if length == UNDEFINED_LENGTH else length
        end = len(body) if declared is None else start + declared
        pixels = PixelElement(body[start:end], declared, until_pixels.vr)
    return DicomFile(Header(ds), syntax, pixels)


class _UntilPixels:
    """Stops reading at the pixels and remembers how they are declared."""

    def __init__(self, max_elements: int) -> None:
        self.found = False
        self.vr: str | None = None
        self.length = 0
        self._left = max_elements

    def __call__(self, tag: BaseTag, vr: str | None, length: int) -> bool:
        self._left -= 1
        if self._left < 0:
            raise MalformedImageError("The DICOM header has no end. Export the film again.")
        if tag < PIXEL_DATA:
            return False
        self.found, self.vr, self.length = tag == PIXEL_DATA, vr, length
        return True


def _after_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group != META_GROUP


def _inflate(body: memoryview, limits: Limits) -> bytes:
    """Return the inflated data set (PS3.5 A.5), never more than ``limits.max_bytes`` of it."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(body, limits.max_bytes + 1)
    limits.check_bytes(len(inflated))
    if not inflater.eof:
        raise TruncatedError("The deflated file ends too early. Send it again.")
    return inflated


def _guess_syntax(body: memoryview) -> str:
    """Return the uncompressed syntax that the first element is written in.

    A file without meta information does not say; explicit VR shows two capital letters.
    """
    head = bytes(body[:6])
    if not (head[4:6].isalpha() and head[4:6].isupper()):
        return str(ImplicitVRLittleEndian)
    little_endian = head[1:2] == b"\0"
    return str(ExplicitVRLittleEndian if little_endian else ExplicitVRBigEndian)
