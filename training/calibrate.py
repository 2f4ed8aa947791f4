"""Prediction intervals from out-of-fold residuals: split conformal prediction.

Vovk et al., Algorithmic Learning in a Random World, 2005: the ceil((n + 1) * level)-th smallest
residual covers a new film of the same kind with at least that probability.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL = 0.9


def half_width(found: Array, reference: Array, level: float = LEVEL) -> float:
    """Return the half-width that covers ``level`` of new films; NaN films are left out.

    Raises:
        ValueError: too few films for that level.
    """
    residuals = np.sort(np.abs(found - reference)[~np.isnan(found - reference)])
    rank = math.ceil((len(residuals) + 1) * level)
    if rank > len(residuals):
        raise ValueError(f"{len(residuals)} labelled films are too few for a {level:.0%} interval")
    return float(residuals[rank - 1])


def coverage(found: Array, reference: Array, folds: NDArray[np.int64]) -> float:
    """Return the share of films inside an interval that was set on the other folds."""
    known = ~np.isnan(found - reference)
    inside = np.zeros(len(found), bool)
    for fold in np.unique(folds[known]):
        here = known & (folds == fold)
        others = known & (folds != fold)
        width = half_width(found[others], reference[others])
        inside[here] = np.abs(found - reference)[here] <= width
    return float(inside[known].mean())
