"""Damage that no decoder of JPEG can know, seen in the picture: from some place on it is another.

Each block's mean is coded as its difference from the block's before it (T.81 F.1.2.1.3), each
sample of lossless JPEG by its difference from its neighbours (H.1.2.1): one wrong value shifts all
that follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_STEP = 0.03
"""Of the range of values; a smaller shift hardly shows in a score."""

ABOVE_USUAL = 4.0
ALONE = 0.35
"""How large the step of the other part of a row may be beside it."""

LIKE = 2.0
EQUAL, NEARLY_ALL = 0.25, 0.7
MARGIN = 2
"""Blocks at each end of a row; between them the rows part at one place."""

SMOOTH, GREYS = 4.0, 64
"""Neighbours that belong together: a few usual steps apart, or a sixty-fourth of all greys."""


def is_torn(samples: NDArray[Any], height: int, width: int) -> bool:
    """Return whether the grey of (H, W) jumps in the middle of a row of blocks, and stays.

    To the right of the place it jumps at the upper edge of that row, to the left at the lower one,
    by the same step. ``height``, ``width``: of a block.
    """
    lower, upper = samples[height::height], samples[height - 1 : -1 : height]
    columns = samples.shape[1] // width * width
    if len(lower) < 2 or columns < 2 * MARGIN * width:
        return False
    steps = lower[:, :columns].astype(np.float32) - upper[: len(lower), :columns]
    steps = steps.reshape(len(lower), -1, width).mean(axis=2)
    left, right = _means(steps)
    here, next_row = slice(MARGIN, -MARGIN), slice(1, None)
    jumps = np.stack((right[:-1, here], left[next_row, here]))
    others = np.abs(np.stack((left[:-1, here], right[next_row, here]))).max(axis=0)
    smaller, larger = np.abs(jumps).min(axis=0), np.abs(jumps).max(axis=0)
    usual = float(np.median(np.abs(steps)))
    span = float(np.ptp(samples[::height, ::width]))
    torn = (jumps[0] * jumps[1] > 0) & (smaller > max(LEAST_STEP * span, ABOVE_USUAL * usual))
    torn &= (larger < LIKE * smaller) & (others < ALONE * smaller)
    return any(
        _is_one_step(np.append(steps[row + 1, : at + MARGIN], steps[row, at + MARGIN + 1 :]))
        for row, at in np.argwhere(torn)
    )


def _is_one_step(steps: NDArray[np.float32]) -> bool:
    """Return whether nearly all blocks of a row jump by the same: no edge in a picture does."""
    step = float(np.median(steps))
    return bool((np.abs(steps - step) < EQUAL * abs(step)).mean() > NEARLY_ALL)


def is_beyond(samples: NDArray[Any], precision: int) -> bool:
    """Return whether samples of more than ``precision`` bits prove that the picture is damaged.

    Some writers leave other things in the bits above, or understate the precision: then the lower
    bits, or the whole values, run on where samples within and beyond meet.
    """
    beyond = samples >= 1 << precision
    if not beyond.any():
        return False
    neighbours = [(beyond[1:], beyond[:-1]), (beyond[:, 1:], beyond[:, :-1])]
    usual = _step(samples, [~(one | other) for one, other in neighbours])
    low = samples & ((1 << precision) - 1)
    meet = [one ^ other for one, other in neighbours]
    return min(_step(samples, meet), _step(low, meet)) > SMOOTH * usual + (1 << precision) / GREYS


def _step(samples: NDArray[Any], where: Sequence[NDArray[np.bool_]]) -> float:
    """Return the median step between neighbours, down and to the right, at some places."""
    values = samples.astype(np.int32)
    chosen = [np.abs(np.diff(values, axis=axis))[part] for axis, part in enumerate(where)]
    steps = np.concatenate(chosen)
    return float(np.median(steps)) if steps.size else 0.0


def _means(steps: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each place in (rows, blocks) the mean of what lies before it, and from it on."""
    before = np.cumsum(steps, axis=1, dtype=np.float64) - steps
    count = np.arange(steps.shape[1])
    total = steps.sum(axis=1, dtype=np.float64, keepdims=True)
    return before / np.maximum(count, 1), (total - before) / (steps.shape[1] - count)
