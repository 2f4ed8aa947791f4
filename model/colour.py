"""Colour to grey, and whether a picture was in colour at all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

STRIDE = 8
CHROMA = 0.12
COLOURED_SHARE = 0.25


def luma(rgb: NDArray[Any]) -> NDArray[Any]:
    """Return the grey of (H, W, 3) red, green, blue: (H, W), same type, ITU-R BT.601 weights.

    Equal channels give their own value back exactly.
    """
    wide = rgb.astype(np.uint32)
    grey = (77 * wide[..., 0] + 150 * wide[..., 1] + 29 * wide[..., 2]) >> 8
    narrow: NDArray[Any] = grey.astype(rgb.dtype)
    return narrow


def is_colourful(rgb: NDArray[Any]) -> bool:
    """Return True if a quarter of the picture is plainly coloured; a tint or a marker is not."""
    sample = rgb[::STRIDE, ::STRIDE].astype(np.float32)
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
