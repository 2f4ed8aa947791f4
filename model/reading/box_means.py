"""A picture shrunk by a whole number: each box of pixels becomes its mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

BAND = 64
"""Rows of boxes worked on at once, so that what lies between the steps stays in the cache."""


def box_means(
    samples: NDArray[Any],
    factor: int,
    values_of: Callable[[NDArray[Any]], NDArray[Any]],
    change: Callable[[NDArray[np.float32]], None] | None = None,
    wide: type[np.generic] | None = None,
) -> NDArray[np.float32]:
    """Return the means of boxes of ``factor`` x ``factor``; those at the far edges may be smaller.

    ``samples``: (H, W). ``values_of``: what a few rows of them are worth, of any numeric type in
    which the sum of ``factor`` has room. ``change``: what becomes of a few rows of means, in place.
    ``wide``: the type in which the sum of a box has room; None: that of ``values_of``. The result
    is (ceil(H / factor), ceil(W / factor)).
    """
    rows, columns = (-(-side // factor) for side in samples.shape)
    beyond = [factor / (side % factor or factor) for side in samples.shape]
    means = np.empty((rows, columns), np.float32)
    for top in range(0, rows, BAND):
        band = values_of(samples[top * factor : (top + BAND) * factor])
        lines = _sums_of_rows(band, factor)
        sums = sums_of_columns(lines.astype(wide or lines.dtype, copy=False), factor)
        part = means[top : top + BAND]
        np.multiply(sums, np.float32(1 / factor**2), out=part, dtype=np.float32)
        part[:, -1] *= beyond[1]
        if top + BAND >= rows:
            part[-1] *= beyond[0]
        if change is not None:
            change(part)
    return means


def sums_of_columns(lines: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return sums of ``factor`` neighbours along the rows of (H, W), of fewer at their end.

    ``lines``: of a type in which such a sum has room. Two or four unsigned neighbours are taken for
    one integer, and multiplied by one with a 1 for each: its highest digits are then their sum.
    numpy picks single columns out several times as slowly.
    """
    lanes = _lanes(lines, factor)
    if lanes == 1:
        return _sums_by_steps(lines, factor)
    bits = 8 * lines.itemsize
    wide = np.dtype(f"u{lanes * lines.itemsize}").type
    whole = lines.shape[1] // lanes * lanes
    packed_sums = np.ascontiguousarray(lines[:, :whole]).view(wide)
    sums: NDArray[Any] = packed_sums * wide(sum(1 << bits * lane for lane in range(lanes)))
    sums >>= wide(bits * (lanes - 1))
    if whole < lines.shape[1]:
        rest = lines[:, whole:].sum(axis=1, dtype=wide, keepdims=True)
        sums = np.concatenate((sums, rest), axis=1)
    return sums if factor == lanes else _sums_by_steps(sums, factor // lanes)


def _lanes(lines: NDArray[Any], factor: int) -> int:
    """Return how many neighbours fit into one integer, 1 where none but itself does."""
    if lines.dtype.kind != "u":
        return 1
    fitting = (lanes for lanes in (4, 2) if factor % lanes == 0 and lanes * lines.itemsize <= 8)
    return next(fitting, 1)


def _sums_of_rows(lines: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return sums of ``factor`` rows of (H, W), of fewer at the end."""
    count, columns = len(lines) // factor, lines.shape[1]
    boxes = lines[: count * factor].reshape(count, factor, columns)
    sums: NDArray[Any] = np.add.reduce(boxes, axis=1, dtype=lines.dtype)
    if count * factor == len(lines):
        return sums
    rest = lines[count * factor :].sum(axis=0, dtype=lines.dtype, keepdims=True)
    return np.concatenate((sums, rest))


def _sums_by_steps(lines: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return sums of ``factor`` neighbours along the rows, of fewer at their end."""
    whole = lines.shape[1] // factor * factor
    sums: NDArray[Any] = lines[:, :whole:factor] + lines[:, 1:whole:factor]
    for place in range(2, factor):
        sums += lines[:, place:whole:factor]
    if whole < lines.shape[1]:
        rest = lines[:, whole:].sum(axis=1, dtype=lines.dtype, keepdims=True)
        sums = np.concatenate((sums, rest), axis=1)
    return sums
