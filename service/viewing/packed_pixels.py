"""A film's pixels packed for the page, without loss: neighbours differ little.

Each pixel is written as its difference from the one on its left (the first of a row from 0), in 16
bits, folded so that small differences of either sign are small numbers: 0, -1, 1, -2, ... become
0, 1, 2, 3, ... Their high bytes, row by row, are one part, their low bytes the other. Two 32-bit
words, little-endian, say how many bytes each part has; one that has as many as there are pixels is
written plainly, a shorter one in zlib's format (RFC 1950).

The high bytes shrink to little. The low ones of a film of many bits are noise, and stay as they
are: it takes longer to find that out than to send them.
"""

from __future__ import annotations

import struct

import numpy as np
from imagecodecs import deflate_encode
from numpy.typing import NDArray

_LEVEL = 1
_SAMPLED = 16
"""Of so many rows one shows whether a part is worth the while."""

_WORTH = 0.9
"""The share of its size that a part has to fall below."""


def packed(pixels: NDArray[np.uint16]) -> bytes:
    """Return (H, W) pixels packed."""
    differences = pixels.astype(np.uint16)
    differences[:, 1:] -= pixels[:, :-1]
    signs = (differences.view(np.int16) >> 15).view(np.uint16)
    differences <<= 1
    differences ^= signs
    parts = [_part((differences >> 8).astype(np.uint8)), _part(differences.astype(np.uint8))]
    return struct.pack("<II", *map(len, parts)) + b"".join(parts)


def _part(plane: NDArray[np.uint8]) -> bytes:
    plain = plane.tobytes()
    sample = plane[::_SAMPLED].tobytes()
    if len(deflate_encode(sample, level=_LEVEL)) > _WORTH * len(sample):
        return plain
    shrunk = bytes(deflate_encode(plain, level=_LEVEL))
    return shrunk if len(shrunk) < len(plain) else plain
