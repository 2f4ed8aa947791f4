"""Colour to grey, and whether a picture was in colour at all; codes to what a table says."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Sample = TypeVar("Sample", bound=np.generic)

STRIDE = 8
BAND = 64
CHROMA = 0.12
COLOURED_SHARE = 0.25


def look_up(table: NDArray[Sample], codes: NDArray[Any]) -> NDArray[Sample]:
    """Return ``table[codes]``; ``codes``: (H, W) uint8 or uint16."""
    found = np.empty(codes.shape, table.dtype)
    # By bands of rows: as indices, numpy makes the codes of a whole film four times as wide.
    for top in range(0, len(codes), BAND):
        np.take(table, codes[top : top + BAND], out=found[top : top + BAND], mode="clip")
    return found


def luma(rgb: NDArray[Any]) -> NDArray[Any]:
    """Return the grey of (H, W, 3) red, green, blue: (H, W), same type, ITU-R BT.601 weights.

    Equal channels give their own value back exactly.
    """
    grey = np.empty(rgb.shape[:2], rgb.dtype)
    # By bands of rows: the wider integers of a whole film would take four times its memory.
    for top in range(0, len(rgb), BAND):
        band = rgb[top : top + BAND].astype(np.uint32)
        grey[top : top + BAND] = (77 * band[..., 0] + 150 * band[..., 1] + 29 * band[..., 2]) >> 8
    return grey


def thinned(samples: NDArray[Any]) -> NDArray[Any]:
    """Return every eighth row and column of (H, W, 3): enough to judge the colour by."""
    return samples[::STRIDE, ::STRIDE]


def is_colourful(rgb: NDArray[Any]) -> bool:
    """Return True if a quarter of the picture is plainly coloured; a tint or a marker is not."""
    sample = rgb.astype(np.float32)
    chroma = sample.max(axis=-1) - sample.min(axis=-1)
    coloured = chroma > CHROMA * np.iinfo(rgb.dtype).max
    return bool(coloured.mean() > COLOURED_SHARE)


def rgb_of_ybr(ybr: NDArray[Any]) -> NDArray[Any]:
    """Return red, green and blue of 8-bit YBR_FULL, PS3.3 section C.7.6.3.1.2."""
    y, cb, cr = np.moveaxis(ybr.astype(np.float32), -1, 0)
    cb, cr = cb - 128, cr - 128
    rgb = np.stack((y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb), axis=-1)
    rounded: NDArray[np.uint8] = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return rounded
