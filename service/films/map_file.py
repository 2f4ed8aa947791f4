"""A result's maps as a file: 8 bits a point, compressed.

A byte is what pages and pictures show of a point. Neighbours differ little, so the differences are
kept, along rows and then along columns. Files of earlier versions have the 32-bit maps themselves.
"""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.result import Maps

FULL = 255
_ROW, _COLUMN = 2, 1
_LEVELS = (np.arange(FULL + 1) / FULL).astype(np.float32)


def encoded(maps: Maps) -> memoryview:
    """Return maps as a compressed NumPy archive."""
    planes = np.concatenate((_opacity_levels(maps)[None], levels(maps.lungs)))
    for axis in _ROW, _COLUMN:
        planes = np.diff(planes, axis=axis, prepend=np.uint8(0))  # modulo 256
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, differences=planes, borders=np.array(maps.borders), involved=np.array(maps.involved)
    )
    return buffer.getbuffer()


def decoded(content: bytes) -> Maps:
    """Return the maps in a file.

    Raises:
        ValueError, KeyError, zipfile.BadZipFile: it holds none.
    """
    with np.load(io.BytesIO(content)) as arrays:
        upper, lower = arrays["borders"].tolist()
        involved = float(arrays["involved"])
        if "differences" not in arrays:
            return Maps(arrays["opacity"], arrays["lungs"], (upper, lower), involved)
        planes = arrays["differences"]
    for axis in _COLUMN, _ROW:
        planes = np.cumsum(planes, axis=axis, dtype=np.uint8)
    values = _LEVELS[planes]
    return Maps(values[0], values[1:], (upper, lower), involved)


def as_read_back(maps: Maps) -> Maps:
    """Return maps as a file gives them back."""
    return replace(maps, opacity=_LEVELS[_opacity_levels(maps)], lungs=_LEVELS[levels(maps.lungs)])


def levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return values in [0, 1] as whole numbers, ``FULL`` = 1."""
    return np.rint(FULL * np.clip(values, 0, 1)).astype(np.uint8)


def _opacity_levels(maps: Maps) -> NDArray[np.uint8]:
    """Return the opacity as whole numbers, on the same side of ``involved`` as before."""
    least = np.searchsorted(_LEVELS, np.float32(maps.involved), side="right")
    nearest = levels(maps.opacity).astype(np.int64)
    is_involved = maps.opacity > maps.involved
    kept = np.where(is_involved, np.maximum(nearest, least), np.minimum(nearest, least - 1))
    return np.clip(kept, 0, FULL).astype(np.uint8)
