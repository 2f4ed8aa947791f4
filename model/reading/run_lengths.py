"""One frame in DICOM's run-length encoding, PS3.5 annex G."""

from __future__ import annotations

import struct
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from radiograde.model.errors import MalformedImageError, TruncatedError

HEADER = 64
NO_OPERATION = 128
MOST_RUNS = 5_000_000
"""Fifty million pixels of noise have half a million."""


def decode_rle(frame: bytes, size: tuple[int, int, int], itemsize: int) -> NDArray[Any]:
    """Return (planes, H, W) of unsigned integers; each plane's high bytes come first.

    What a segment holds behind its last pixel is left alone.

    Raises:
        TruncatedError: a segment ends before its pixels do.
        MalformedImageError: the segments are not those of such a frame.
    """
    if len(frame) < HEADER:
        raise _truncated()
    count, *offsets = struct.unpack("<16I", frame[:HEADER])
    planes, rows, columns = size
    starts = offsets[:count]
    if count != planes * itemsize or starts != sorted(starts) or starts[0] < HEADER:
        raise _damaged()
    ends = [*starts[1:], len(frame)]
    bytes_of = np.empty((planes, rows * columns, itemsize), np.uint8)
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        plane, place = divmod(index, itemsize)
        segment = _segment(frame[start:end], rows * columns)
        # The words are little-endian here, the segments begin with their high bytes.
        bytes_of[plane, :, itemsize - 1 - place] = np.frombuffer(segment, np.uint8)
    return bytes_of.view(f"<u{itemsize}").reshape(size)


def _segment(segment: bytes, size: int) -> bytes:
    for candidate in (segment, segment[:-1]):
        try:
            decoded = imagecodecs.packbits_decode(candidate, out=bytearray(size))
        except RuntimeError:
            continue
        if len(decoded) == size:
            return bytes(decoded)
    return bytes(imagecodecs.packbits_decode(segment[: _used(segment, size)], out=bytearray(size)))


def _used(segment: bytes, size: int) -> int:
    """Return how many bytes the runs up to the last pixel take."""
    at = pixels = 0
    for _ in range(MOST_RUNS):
        if pixels >= size:
            break
        if at >= len(segment):
            raise _truncated()
        control = segment[at]
        if control < NO_OPERATION:
            at += control + 2
            pixels += control + 1
        elif control > NO_OPERATION:
            at += 2
            pixels += 257 - control
        else:
            at += 1
    if at > len(segment):
        raise _truncated()
    if pixels != size:
        raise _damaged()
    return at


def _truncated() -> TruncatedError:
    return TruncatedError("The compressed pixels end too early. Send the film again.")


def _damaged() -> MalformedImageError:
    return MalformedImageError("The compressed pixels are damaged. Send the film again.")
