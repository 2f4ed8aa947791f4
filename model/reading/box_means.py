"""A picture shrunk by a whole number: each box of pixels becomes its mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

BAND = 64
"""Rows of boxes worked on at once, so that what lies between the steps stays in the cache."""

WIDER: Mapping[np.dtype[Any], type[np.unsignedinteger[Any]]] = {
    np.dtype(np.uint8): np.uint16,
    np.dtype(np.uint16): np.uint32,
    np.dtype(np.uint32): np.uint64,
}


def box_means(
    samples: NDArray[Any],
    factor: int,
    values_of: Callable[[NDArray[Any]], NDArray[Any]],
    change: Callable[[NDArray[np.float32]], None] | None = None,
) -> NDArray[np.float32]:
    """Return the means of boxes of ``factor`` x ``factor``; those at the far edges may be smaller.

    ``samples``: (H, W). ``values_of``: what a few rows of them are worth, of any numeric type in
    which the sum of a box has room. ``change``: what becomes of a few rows of means, in place. The
    result is (ceil(H / factor), ceil(W / factor)).
    """
    rows, columns = (-(-side // factor) for side in samples.shape)
    beyond = [factor / (side % factor or factor) for side in samples.shape]
    means = np.empty((rows, columns), np.float32)
    for top in range(0, rows, BAND):
        band = values_of(samples[top * factor : (top + BAND) * factor])
        sums = sums_of_columns(_summed(band, factor, 0), factor)
        part = means[top : top + BAND]
        np.multiply(sums, np.float32(1 / factor**2), out=part, dtype=np.float32)
        part[:, -1] *= beyond[1]
        if top + BAND >= rows:
            part[-1] *= beyond[0]
        if change is not None:
            change(part)
    return means


def sums_of_columns(lines: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return sums of ``factor`` neighbours along the rows (H, W), of fewer at their end.

    Unsigned neighbours are added in pairs, as halves of an integer of twice their size: numpy adds
    what lies side by side several times as fast as what it has to pick out.
    """
    wide = WIDER.get(lines.dtype)
    if wide is None or factor % 2:
        return _summed(lines, factor, 1)
    whole = lines.shape[1] // 2 * 2
    pairs = np.ascontiguousarray(lines[:, :whole]).view(wide)
    bits = 8 * lines.itemsize
    sums = (pairs & wide((1 << bits) - 1)) + (pairs >> wide(bits))
    if whole < lines.shape[1]:
        sums = np.concatenate((sums, lines[:, whole:].astype(wide)), axis=1)
    return sums if factor == 2 else _summed(sums, factor // 2, 1)


def _summed(values: NDArray[Any], factor: int, axis: int) -> NDArray[Any]:
    """Return sums of ``factor`` neighbours along an axis, of fewer at its end."""
    lines = np.moveaxis(values, axis, 0)
    whole = len(lines) // factor * factor
    sums = lines[0:whole:factor] + lines[1:whole:factor]
    for place in range(2, factor):
        sums += lines[place:whole:factor]
    if whole < len(lines):
        rest = lines[whole:].sum(axis=0, dtype=lines.dtype, keepdims=True)
        sums = np.concatenate((sums, rest))
    return np.moveaxis(sums, 0, axis)
