"""Prediction intervals from out-of-fold residuals, as in cross-conformal prediction.

The rank is that of split conformal prediction (Vovk et al., Algorithmic Learning in a Random
World, 2005): the ceil((n + 1) * level)-th smallest residual. Residuals here come from one network
a fold and several films a patient, so the level is what was measured, not what a theorem
promises; ``coverage`` measures it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL = 0.9


def half_width(found: Array, reference: Array, widest: float, level: float = LEVEL) -> float:
    """Return the half-width that covers ``level`` of new films; NaN films are left out.

    ``widest``, the whole scale, where there are too few films to promise anything narrower.
    """
    residuals = np.sort(np.abs(found - reference)[~np.isnan(found - reference)])
    rank = math.ceil((len(residuals) + 1) * level)
    return float(residuals[rank - 1]) if rank <= len(residuals) else widest


def coverage(
    found: Array, reference: Array, folds: NDArray[np.int64], widest: float
) -> float | None:
    """Return the share of films inside an interval that was set on the other folds.

    None where no film has a reference.
    """
    known = ~np.isnan(found - reference)
    if not known.any():
        return None
    inside = np.zeros(len(found), bool)
    for fold in np.unique(folds[known]):
        here = known & (folds == fold)
        others = known & (folds != fold)
        width = half_width(found[others], reference[others], widest)
        inside[here] = np.abs(found - reference)[here] <= width
    return float(inside[known].mean())
