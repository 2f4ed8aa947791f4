"""Intervals as new films would get them: the rule for a film never saw its fold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from radiograde.training.evaluation import intervals as conformal
from radiograde.training.evaluation.graded_scale import GradedScale
from radiograde.training.evaluation.metrics import Array


def halves(graded: GradedScale, level: float) -> Array:
    """Return the half-width (M,) at ``level`` of every grading's interval."""
    return conformal.crossed(
        graded.values, graded.spread, graded.truth, graded.folds, graded.scale, level
    )


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
