"""The first frame out of Pixel Data (7FE0,0010): its samples, or its compressed bytes.

Native as in PS3.5 section 8, encapsulated as in A.4. The fragments are followed here and not by
pydicom.encaps, which takes a fragment that the file cuts short for whole, and which gives up a
single frame for an offset table that it does not need.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRBigEndian, RLELossless

from radiograde.model.errors import MalformedImageError, TruncatedError
from radiograde.model.reading.codecs import FrameShape
from radiograde.model.reading.dicom_file import PixelElement

ITEM = 0xFFFEE000
DELIMITER = 0xFFFEE0DD
ENDS_INSTEAD = (0, 0xFFFEE00D)
"""Zeros, or an item's delimiter, where some writers should have put the sequence's."""

STREAM_STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")


def read_native(pixels: PixelElement, syntax: str, shape: FrameShape) -> NDArray[Any]:
    """Return frame 0 as (H, W) or (H, W, 3) uint8 or uint16; the bytes are not copied if possible.

    Raises:
        MalformedImageError: the element is encapsulated after all.
        TruncatedError: fewer bytes than rows, columns and bits ask for.
    """
    if pixels.declared is None:
        raise MalformedImageError(
            "The pixels are compressed, the header says they are not. Export the film again."
        )
    count = shape.rows * shape.columns * shape.samples
    stored = count * 2 // 3 if shape.subsampled else count
    if len(pixels.value) < stored * shape.allocated // 8:
        raise TruncatedError("The file holds fewer pixels than its header says. Send it again.")
    values = _values(pixels, stored, shape.allocated, big_endian=syntax == ExplicitVRBigEndian)
    if shape.samples == 1:
        return values.reshape(shape.rows, shape.columns)
    if shape.subsampled:
        return _full_chroma(values, shape)
    if shape.planar:
        return np.moveaxis(values.reshape(3, shape.rows, shape.columns), 0, -1)
    return values.reshape(shape.rows, shape.columns, 3)


def _values(pixels: PixelElement, count: int, bits: int, *, big_endian: bool) -> NDArray[Any]:
    if bits == 16:
        order = ">" if big_endian else "<"
        return np.frombuffer(pixels.value, f"{order}u2", count).astype(np.uint16, copy=False)
    if big_endian and pixels.vr == "OW":
        # 8-bit samples in OW lie as big-endian words (PS3.5 8.1.2), so pairs are swapped.
        words = np.frombuffer(pixels.value, np.uint16, len(pixels.value) // 2)
        return words.byteswap().view(np.uint8)[:count]
    return np.frombuffer(pixels.value, np.uint8, count)


def _full_chroma(values: NDArray[Any], shape: FrameShape) -> NDArray[Any]:
    """Return Y, Cb, Cr a pixel out of groups of Y Y Cb Cr (YBR_FULL_422, C.7.6.3.1.2)."""
    groups = values.reshape(shape.rows, -1, 4)
    first, second = groups[..., [0, 2, 3]], groups[..., [1, 2, 3]]
    return np.stack((first, second), axis=2).reshape(shape.rows, shape.columns, 3)


def first_frame(value: memoryview, frames: int) -> bytes:
    """Return the compressed bytes of frame 0.

    A single frame may lie in any number of fragments. Of several frames the offset table says
    where the second starts; without a table each fragment is a frame.

    Raises:
        TruncatedError: a fragment runs past the end of the file.
        MalformedImageError: what stands there is no sequence of fragments.
    """
    items = _items(value)
    _, table = next(items, (0, memoryview(b"")))
    fragments = list(items)
    if not fragments:
        raise MalformedImageError("The file holds no compressed image. Export the film again.")
    if frames == 1:
        return b"".join(fragment for _, fragment in fragments)
    if len(table) < 8:
        return bytes(fragments[0][1])
    second = fragments[0][0] + struct.unpack("<I", table[4:8])[0]
    return b"".join(fragment for start, fragment in fragments if start < second)


def pages_in(pixels: PixelElement, syntax: str, shape: FrameShape) -> int:
    """Return how many frames the pixels hold, whatever NumberOfFrames says; at least 1."""
    if pixels.declared is not None:
        count = shape.rows * shape.columns * shape.samples
        stored = count * 2 // 3 if shape.subsampled else count
        return max(1, len(pixels.value) // (stored * shape.allocated // 8))
    fragments = [fragment for _, fragment in _items(pixels.value)][1:]
    if syntax == RLELossless:
        return max(1, sum(len(fragment) > 0 for fragment in fragments))
    return max(1, sum(bytes(part[:8]).startswith(STREAM_STARTS) for part in fragments))


def _items(value: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield each item's offset and content, the offset table first."""
    at = 0
    while at + 8 <= len(value):
        group, element, length = struct.unpack("<HHI", value[at : at + 8])
        tag = group << 16 | element
        if tag == DELIMITER or (at > 0 and tag in ENDS_INSTEAD):
            return
        if tag != ITEM:
            raise MalformedImageError(
                "The compressed pixels are not laid out as DICOM asks. Export the film again."
            )
        if at + 8 + length > len(value):
            raise TruncatedError("The file ends before its pixels do. Send it again.")
        yield at, value[at + 8 : at + 8 + length]
        at += 8 + length
