"""A row that is another from some place on: damage of JPEG that codes by the sample to the left.

The first sample of a row is coded by its difference from the one above, each other by that from
its left neighbour (T.81 H.1.2.1, selection value 1). A wrong value shifts the rest of its row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.box_means import BAND, sums_of_columns

WIDTH = 8
"""Columns whose mean is looked at as one."""

LEAST_COLUMNS, LEAST_ROWS = 16, 8
END = 4
"""A row is judged by its last fourth: there a shift that begins before shows whole."""

LEAST_SHIFT, ABOVE_USUAL = 0.01, 8.0
"""Of the range of values, and of what a row usually differs by from those beside it."""

SOME = 8
"""Every how manieth row tells what rows usually differ by."""

LIKE, UNLIKE, NEARLY_ALL = 0.25, 0.5, 0.75
GOES_ON = 0.2
"""How much the shift may vary, of how the picture beside it varies: no line that is drawn."""

ECHO = (0.3, 0.7)
"""Of the shift, turned around: what the rows beside it then differ by. One row alone is shifted."""


def has_streak(samples: NDArray[Any]) -> bool:
    """Return whether one row of (H, W) is shifted from some place on to its end."""
    columns = samples.shape[1] // WIDTH
    if columns < LEAST_COLUMNS or len(samples) < LEAST_ROWS:
        return False
    whole = samples[:, : columns * WIDTH]
    kind = np.uint16 if WIDTH * int(whole.max()) <= np.iinfo(np.uint16).max else np.uint32
    bands = (whole[top : top + BAND].astype(kind, copy=False) for top in range(0, len(whole), BAND))
    sums = np.concatenate([sums_of_columns(band, WIDTH) for band in bands])
    means = sums / np.float32(WIDTH)
    beyond = means[1:-1] - (means[:-2] + means[2:]) / 2
    ends = beyond[:, -(columns // END) :]
    shifts = np.median(ends, axis=1)
    sizes = np.abs(shifts)
    least = max(
        LEAST_SHIFT * float(np.ptp(means)), ABOVE_USUAL * float(np.median(np.abs(beyond[::SOME])))
    )
    like = np.abs(ends - shifts[:, None]) < LIKE * sizes[:, None]
    found = (sizes > least) & (like.mean(axis=1) > NEARLY_ALL)
    for row in np.flatnonzero(found[1:-1]) + 1:
        echoes = -shifts[[row - 1, row + 1]] / shifts[row]
        alone = ECHO[0] < echoes.min() and echoes.max() < ECHO[1]
        beside = means[[row, row + 2], -(columns // END) :]
        follows = _spread(ends[row]) < GOES_ON * min(map(_spread, beside))
        if alone and follows and _begins_within(beyond[row] / shifts[row]):
            return True
    return False


def _begins_within(shares: NDArray[np.float32]) -> bool:
    """Return whether from some place on, but not before, a row differs by the whole shift."""
    shifted, still = np.abs(shares - 1) < LIKE, np.abs(shares) < UNLIKE
    before = np.cumsum(still)[:-1] / np.arange(1, shares.size)
    behind = np.cumsum(shifted[::-1])[-2::-1] / np.arange(shares.size - 1, 0, -1)
    return bool(np.minimum(before, behind).max() > NEARLY_ALL)


def _spread(values: NDArray[np.float32]) -> float:
    """Return the median distance from the median."""
    return float(np.median(np.abs(values - np.median(values))))
