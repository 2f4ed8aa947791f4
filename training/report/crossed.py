"""Intervals as new films would get them: the rule for a film never saw its fold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training import conformal
from training.graded_scale import GradedScale
from training.metrics import Array


def halves(graded: GradedScale, level: float) -> Array:
    """Return the half-width (M,) at ``level`` of every grading's interval."""
    half = np.zeros(len(graded.values))
    for fold in np.unique(graded.folds):
        here, others = graded.folds == fold, graded.folds != fold
        rule = conformal.fit(
            graded.values[others],
            graded.spread[others],
            graded.truth[others],
            graded.scale,
            level,
        )
        half[here] = rule.half(graded.values[here], graded.spread[here], graded.scale)
    return half


def ends(graded: GradedScale, level: float) -> tuple[Array, Array]:
    """Return the lower and upper ends (M,) of the intervals, cut at the ends of the scale."""
    half, scale = halves(graded, level), graded.scale
    return (
        np.clip(graded.values - half, scale.low, scale.high),
        np.clip(graded.values + half, scale.low, scale.high),
    )


def holds(graded: GradedScale, level: float) -> NDArray[np.bool_]:
    """Return which intervals hold their reference, (M,); False where there is none."""
    inside: NDArray[np.bool_] = np.abs(graded.values - graded.truth) <= halves(graded, level)
    return inside
