"""Rules for prediction intervals from out-of-fold residuals.

Normalised split conformal prediction (Papadopoulos et al., ECML 2002; Vovk et al., Algorithmic
Learning in a Random World, 2005) in its cross-conformal form: the size of a residual is expected
from how much the looks disagree and where on its scale the value lies; the interval is that
expectation times the ceil((n + 1) * level)-th smallest ratio of residual and expectation.
Residuals come from one model a fold and several films a patient, so the level is what was
measured, not what a theorem promises; ``covered`` measures it.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.intervals import Width, basis
from radiograde.model.scoring.scales import Scale
from radiograde.training.evaluation.metrics import Array

LEVEL = 0.9
LEAST_SHARE = 0.02
"""No interval is narrower than this share of its scale on either side."""


def fit(
    values: Array, spread: Array, reference: Array, scale: Scale, level: float = LEVEL
) -> Width:
    """Return the rule that covers ``level`` of new films; NaN films are left out.

    The whole scale, where there are too few films to promise anything narrower.
    """
    known = ~np.isnan(values + spread + reference)
    residuals = np.abs(values - reference)[known]
    rank = math.ceil((len(residuals) + 1) * level)
    if rank > len(residuals):
        return Width(scale.high - scale.low)
    inputs = basis(values[known], spread[known], scale)
    weights = _expectation(inputs, residuals)
    least = LEAST_SHARE * (scale.high - scale.low)
    weights[0] = max(weights[0], least)
    ratio = np.sort(residuals / (inputs @ weights))[rank - 1]
    base, looks, middle = (float(weight * ratio) for weight in weights)
    return Width(max(base, least), looks, middle)


def covered(
    values: Array, spread: Array, reference: Array, folds: NDArray[np.int64], scale: Scale
) -> NDArray[np.bool_]:
    """Return which films (N,) lie within an interval whose rule was set on the other folds.

    False where a film has no reference.
    """
    half = crossed(values, spread, reference, folds, scale)
    inside: NDArray[np.bool_] = np.abs(values - reference) <= half
    return inside


def crossed(
    values: Array,
    spread: Array,
    reference: Array,
    folds: NDArray[np.int64],
    scale: Scale,
    level: float = LEVEL,
) -> Array:
    """Return each film's half-width (N,) by the rule that the other folds set."""
    half = np.zeros(len(values))
    for fold in np.unique(folds):
        here, others = folds == fold, folds != fold
        rule = fit(values[others], spread[others], reference[others], scale, level)
        half[here] = rule.half(values[here], spread[here], scale)
    return half


def _expectation(inputs: Array, residuals: Array) -> Array:
    """Return the least-squares weights (3,) that are nowhere negative."""
    best, least = np.array([float(residuals.mean()), 0.0, 0.0]), math.inf
    columns = range(inputs.shape[1])
    for size in range(1, inputs.shape[1] + 1):
        for chosen in map(list, combinations(columns, size)):
            solved = np.linalg.lstsq(inputs[:, chosen], residuals, rcond=None)[0]
            missed = float(((inputs[:, chosen] @ solved - residuals) ** 2).sum())
            if (solved >= 0).all() and missed < least:
                least = missed
                best = np.zeros(inputs.shape[1])
                best[chosen] = solved
    return best
