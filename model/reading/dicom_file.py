"""Bytes to data set: with or without preamble, in any byte order, deflated or not."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO

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
    stream = io.BytesIO(data)
    syntax = _read_meta(stream)
    if syntax == DeflatedExplicitVRLittleEndian:
        stream = _inflated(stream, limits)
    until_pixels = _Until(PIXEL_DATA, limits.max_elements)
    header = _read_header(stream, syntax, until_pixels)
    pixels = None
    if until_pixels.tag == PIXEL_DATA:
        content = memoryview(stream.getvalue())
        start = stream.tell() + (12 if until_pixels.vr in LONG_FORM_VRS else 8)
        length = until_pixels.length
        declared = None if length == UNDEFINED_LENGTH else length
        end = len(content) if declared is None else start + declared
        pixels = PixelElement(content[start:end], declared, until_pixels.vr)
    return DicomFile(header, syntax, pixels)


def read_beginning(stream: BinaryIO, last_tag: int, limits: Limits) -> Header | None:
    """Return the elements of a DICOM file up to ``last_tag``; what lies behind is not read.

    None of anything else, and of what cannot be read.

    Raises:
        OSError: the stream cannot be read.
    """
    if not looks_like_dicom(stream.read(PREAMBLE + 4)):
        return None
    stream.seek(0)
    try:
        syntax = _read_meta(stream)
        body = _inflated(stream, limits) if syntax == DeflatedExplicitVRLittleEndian else stream
        return _read_header(body, syntax, _Until(last_tag + 1, limits.max_elements))
    except Exception as error:
        # pydicom raises OSError for them too, without the system's number.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return None


def _read_meta(stream: BinaryIO) -> str:
    """Return the transfer syntax; the stream then stands where the data set begins."""
    stream.seek(PREAMBLE)
    stream.seek(PREAMBLE + 4 if stream.read(4) == b"DICM" else 0)
    meta = Header(read_dataset(stream, False, True, stop_when=_after_meta))
    start = stream.tell()
    head = stream.read(6)
    stream.seek(start)
    return meta.text("TransferSyntaxUID") or _guess_syntax(head)


def _read_header(stream: BinaryIO, syntax: str, until: _Until) -> Header:
    implicit, little_endian = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    return Header(read_dataset(stream, implicit, little_endian, stop_when=until))


class _Until:
    """Stops reading at the first element of ``end`` or beyond, and remembers how it is declared."""

    def __init__(self, end: int, max_elements: int) -> None:
        self.tag: int | None = None
        self.vr: str | None = None
        self.length = 0
        self._end = end
        self._left = max_elements

    def __call__(self, tag: BaseTag, vr: str | None, length: int) -> bool:
        self._left -= 1
        if self._left < 0:
            raise MalformedImageError("The DICOM header has no end. Export the film again.")
        if tag < self._end:
            return False
        self.tag, self.vr, self.length = tag, vr, length
        return True


def _after_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag.group != META_GROUP


def _inflated(stream: BinaryIO, limits: Limits) -> io.BytesIO:
    """Return the inflated data set (PS3.5 A.5), never more than ``limits.max_bytes`` of it."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = inflater.decompress(stream.read(), limits.max_bytes + 1)
    limits.check_bytes(len(inflated))
    if not inflater.eof:
        raise TruncatedError("The deflated file ends too early. Send it again.")
    return io.BytesIO(inflated)


def _guess_syntax(head: bytes) -> str:
    """Return the uncompressed syntax that the first element is written in.

    A file without meta information does not say; explicit VR shows two capital letters.
    """
    if not (head[4:6].isalpha() and head[4:6].isupper()):
        return str(ImplicitVRLittleEndian)
    little_endian = head[1:2] == b"\0"
    return str(ExplicitVRLittleEndian if little_endian else ExplicitVRBigEndian)
