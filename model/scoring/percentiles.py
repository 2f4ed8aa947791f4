"""Percentiles near the ends of many values: found among those near that end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_STRIDE = 16
LEAST = 4096
"""Fewer values are not worth a sample."""

BEYOND = 2.0
"""Of the sample at an end, how many times the share asked for is set aside."""


def percentile(values: NDArray[np.float32], percent: float) -> np.float32:
    """Return what ``np.percentile`` does, between neighbours by a straight line.

    ``values``: of any shape, not empty. Of a small or large ``percent`` a sample says how far from
    the end it can lie at most, so that a few hundredths of the values are sorted and not all.
    """
    flat = values.ravel()
    if percent > 50.0:
        return -_from_below(-flat, 100.0 - percent)
    return _from_below(flat, percent)


def _from_below(flat: NDArray[np.float32], percent: float) -> np.float32:
    place = percent / 100.0 * (flat.size - 1)
    below = int(place)
    lowest = _lowest(flat, below + 2)
    above = min(below + 1, lowest.size - 1)
    parted = np.partition(lowest, (below, above))
    share = np.float32(place - below)
    return np.float32(parted[below] + share * (parted[above] - parted[below]))


def _lowest(flat: NDArray[np.float32], count: int) -> NDArray[Any]:
    """Return at least the ``count`` lowest values, and all others as low as the highest of them."""
    sample = flat[::SAMPLE_STRIDE]
    place = int(BEYOND * count / SAMPLE_STRIDE)
    if flat.size < LEAST or place >= sample.size:
        return flat
    bound = np.partition(sample, place)[place]
    lowest = flat[flat <= bound]
    return lowest if lowest.size >= count else flat
