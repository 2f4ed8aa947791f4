"""Prediction intervals from out-of-fold residuals, and how well they hold on each scale.

Normalised split conformal prediction (Papadopoulos et al., ECML 2002; Vovk et al., Algorithmic
Learning in a Random World, 2005) in its cross-conformal form: the size of a residual is expected
from how much the passes disagree and where on its scale the value lies; the interval is that
expectation times the ceil((n + 1) * level)-th smallest ratio of residual and expectation.
Residuals come from one model a fold and several films a patient, so the level is what was
measured, not what a theorem promises; ``GradedScale.covered`` measures it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.intervals import Width, basis
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONES, Scale
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.patient_bootstrap import Array, estimate
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import ReferenceStandard

LEVEL = 0.9
LEAST_SHARE = 0.02
"""No interval is narrower than this share of its scale on either side."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The share (0-1) of references that intervals hold, and their median width in points.

    None where nothing was graded; ``share_95``, the share's own interval over patients, also where
    models of earlier versions did not measure it.
    """

    share: float | None
    median_width: float | None
    share_95: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class GradedScale:
    """One scale of M gradings beside their references; zones of all films stand in one row.

    ``values``, ``spread``, ``truth``: (M,), truth NaN where there is none. ``folds``: (M,).
    """

    scale: Scale
    values: Array
    spread: Array
    truth: Array
    folds: NDArray[np.int64]

    def rule(self) -> Width:
        """Return the rule for this scale's intervals."""
        return fit_interval_rule(self.values, self.spread, self.truth, self.scale)

    def cross_fitted(self, level: float = LEVEL) -> Array:
        """Return each grading's half-width (M,) by the rule that the other folds set."""
        half = np.zeros(len(self.values))
        for fold in np.unique(self.folds):
            here, others = self.folds == fold, self.folds != fold
            rule = fit_interval_rule(
                self.values[others], self.spread[others], self.truth[others], self.scale, level
            )
            half[here] = rule.half(self.values[here], self.spread[here], self.scale)
        return half

    def ends(self, level: float = LEVEL) -> tuple[Array, Array]:
        """Return both ends (M,) of those intervals, cut at the ends of the scale."""
        half, scale = self.cross_fitted(level), self.scale
        return (
            np.clip(self.values - half, scale.low, scale.high),
            np.clip(self.values + half, scale.low, scale.high),
        )

    def covered(self, level: float = LEVEL) -> NDArray[np.bool_]:
        """Return which references (M,) those intervals hold; False where there is none."""
        inside: NDArray[np.bool_] = np.abs(self.values - self.truth) <= self.cross_fitted(level)
        return inside

    def widths(self) -> Array:
        """Return how wide the shipped intervals are, cut at the ends of the scale, (M,)."""
        half = self.rule().half(self.values, self.spread, self.scale)
        low = np.maximum(self.values - half, self.scale.low)
        width: Array = np.minimum(self.values + half, self.scale.high) - low
        return width

    def coverage(self, covered: NDArray[np.bool_], patients: Sequence[str]) -> Coverage:
        """Return how well intervals hold that cover these gradings (M,).

        ``patients``: of the films, each of which has as many gradings as every other.
        """
        known = ~np.isnan(self.truth)
        if not known.any():
            return Coverage(None, None)
        of = np.repeat(patients, len(self.truth) // len(patients)).tolist()
        share = estimate(statistics.mean, of, np.where(known, covered, np.nan))
        return Coverage(share.value, float(np.median(self.widths()[known])), share.ends)


def graded_scales(
    predictions: Predictions, standard: ReferenceStandard, folds: NDArray[np.int64]
) -> dict[str, GradedScale]:
    """Return each scale that has intervals, by its name in the model's metadata."""
    count, spread = len(ZONES), predictions.spread.astype(float)
    return {
        "zones": GradedScale(
            ZONE,
            predictions.zones.astype(float).ravel(),
            spread[:, :count].ravel(),
            standard.zones.ravel(),
            folds.repeat(count),
        )
    } | {
        scale.name: GradedScale(scale, values.astype(float), spread[:, count + n], truth, folds)
        for n, (scale, values, truth) in enumerate(
            (
                (BRIXIA, predictions.brixia, standard.brixia),
                (EXTENT, predictions.extent, standard.extent),
                (OPACITY, predictions.opacity, standard.opacity),
            )
        )
    }


def fit_interval_rule(
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
    base, passes, middle = (float(weight * ratio) for weight in weights)
    return Width(max(base, least), passes, middle)


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
