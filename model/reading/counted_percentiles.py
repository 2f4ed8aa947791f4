"""Percentiles of values of which it is known how often each occurs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def counted_percentiles(
    values: NDArray[np.float32], counts: NDArray[np.intp], percents: Sequence[float]
) -> list[float]:
    """Return what ``np.percentile`` gives for each value repeated as often as it occurs.

    ``counts``: for each of the values, at least one of them positive.
    """
    order = np.argsort(values, kind="stable")
    last = np.cumsum(counts[order])
    places = np.asarray(percents) / 100 * (int(last[-1]) - 1)
    below = np.floor(places)
    lower, upper = (
        values[order[np.searchsorted(last, place, side="right")]].astype(np.float64)
        for place in (below, np.minimum(below + 1, last[-1] - 1))
    )
    levels: list[float] = (lower + (places - below) * (upper - lower)).tolist()
    return levels
