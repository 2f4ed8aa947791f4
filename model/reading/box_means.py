"""A picture shrunk by a whole number: each box of pixels becomes its mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

BAND = 32
"""Rows of boxes worked on at once, so that what lies between the steps stays in the cache."""


def box_means(
    samples: NDArray[Any], factor: int, values_of: Callable[[NDArray[Any]], NDArray[Any]]
) -> NDArray[np.float32]:
    """Return the means of boxes of ``factor`` x ``factor``; those at the far edges may be smaller.

    ``samples``: (H, W). ``values_of``: what a few rows of them are worth, of any numeric type in
    which the sum of a box has room. The result is (ceil(H / factor), ceil(W / factor)).
    """
    rows, columns = (-(-side // factor) for side in samples.shape)
    means = np.empty((rows, columns), np.float32)
    for top in range(0, rows, BAND):
        band = values_of(samples[top * factor : (top + BAND) * factor])
        sums = _summed(_summed(band, factor, 0), factor, 1)
        np.multiply(sums, np.float32(1 / factor**2), out=means[top : top + BAND], dtype=np.float32)
    for edge, side in ((means[-1], samples.shape[0]), (means[:, -1], samples.shape[1])):
        edge *= factor / (side % factor or factor)
    return means


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
