"""What a site's films say of one scale: a curve and widths, cross-fitted, or why they carry none.

Everything is measured out of fold: each film by a curve and by widths that other patients' films
gave. Widths are conformal: the model's own half-widths times one factor, the
ceil((n + 1) * level)-th smallest ratio of error and half-width (Papadopoulos et al., ECML 2002).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from radiograde.data.film import Film
from radiograde.data.splits import assign_folds
from radiograde.model.scoring.intervals import Width
from radiograde.training.adaptation.local_curve import IDENTITY, LocalCurve, fit_local_curve
from radiograde.training.adaptation.network_scores import ScaleScores
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.patient_bootstrap import (
    NOT_MEASURED,
    Array,
    Estimate,
    estimate,
)
from radiograde.training.evaluation.figures.shares import Z, share_of

FEWEST_FILMS, FEWEST_PATIENTS = 50, 10
LEAST_RANGE = 0.25
"""Share of the scale that the middle eight tenths of the readers' scores must span."""

FOLDS = 5
CERTAINTY = 0.9
"""That a curve makes the error smaller out of fold, for it to be used: with 50 films a gain of two
tenths is seldom more certain."""

NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class LocalFigures:
    """Error, bias (model minus readers), both in points, and share of intervals that hold (0-1)."""

    mae: Estimate
    bias: Estimate
    coverage: Estimate


@dataclass(frozen=True, slots=True)
class LocalScale:
    """What is done to one scale.

    ``curve``: the identity where none gains. ``factor``: of the half-widths. ``reason``: why
    nothing is done, '' where something is. ``before``, ``after``: on the same films, after out of
    fold; None where too few films. ``gain``: by how much the error is smaller with the curve.
    """

    scale: str
    films: int
    patients: int
    curve: LocalCurve = IDENTITY
    factor: float = 1.0
    reason: str = ""
    before: LocalFigures | None = None
    after: LocalFigures | None = None
    gain: Estimate = NOT_MEASURED

    @property
    def is_adapted(self) -> bool:
        """Whether anything is done."""
        return not self.reason


def adapt_scale(scores: ScaleScores, width: Width, level: float, folds: Array) -> LocalScale:
    """Return what the films carry on one scale; see ``LocalScale``.

    ``width``: the model's rule, for intervals of ``level`` (0-1). ``folds``: (N,) by patient.
    """
    films, patients = len(scores.reference), len(set(scores.patients))
    reason = _too_little(scores, films, patients)
    if reason:
        return LocalScale(scores.scale.name, films, patients, reason=reason)
    moved = _out_of_fold(scores, folds)
    gain = estimate(
        statistics.mean,
        scores.patients,
        np.abs(scores.values - scores.reference) - np.abs(moved - scores.reference),
    )
    has_curve = _is_gain(gain)
    values = moved if has_curve else scores.values
    half = width.half(scores.values, scores.spread, scores.scale)
    before = _figures(scores, scores.values, half)
    if not has_curve and _holds(before.coverage, level):
        reason = "no gain out of fold: the error is hardly smaller, and the intervals hold"
        return LocalScale(
            scores.scale.name, films, patients, reason=reason, before=before, gain=gain
        )
    new_half = width.half(values, scores.spread, scores.scale)
    ratios = np.abs(values - scores.reference) / new_half
    return LocalScale(
        scores.scale.name,
        films,
        patients,
        fit_local_curve(scores.parts, scores.reference, scores.top) if has_curve else IDENTITY,
        conformal_factor(ratios, level),
        before=before,
        after=_figures(scores, values, _factors(ratios, level, folds) * new_half),
        gain=gain,
    )


def folds_of(patients: Sequence[str], films: Sequence[Film]) -> Array:
    """Return a fold for each film (N,), the same for all films of a patient."""
    plain = [Film(film.image, film.patient, readings=film.readings) for film in films]
    fold = {film.patient: film.fold or 0 for film in assign_folds(plain, FOLDS)}
    return np.array([fold[patient] for patient in patients], float)


def conformal_factor(ratios: Array, level: float) -> float:
    """Return the factor of half-widths that covers ``level`` of new films.

    ``ratios``: (N,) error over half-width. The largest where N is too small for the level.
    """
    rank = min(math.ceil((len(ratios) + 1) * level), len(ratios))
    return round(float(np.sort(ratios)[rank - 1]), 4)


def _too_little(scores: ScaleScores, films: int, patients: int) -> str:
    if films < FEWEST_FILMS or patients < FEWEST_PATIENTS:
        return (
            f"too few: {films} graded films of {patients} patients with readers' scores, "
            f"{FEWEST_FILMS} films of {FEWEST_PATIENTS} patients are needed"
        )
    low, high = np.percentile(scores.reference, (10, 90))
    span = (high - low) / (scores.scale.high - scores.scale.low)
    if span < LEAST_RANGE:
        return (
            f"range too narrow: eight tenths of the readers' scores span {span:.0%} of the scale, "
            f"{LEAST_RANGE:.0%} are needed"
        )
    return ""


def _out_of_fold(scores: ScaleScores, folds: Array) -> Array:
    moved = np.zeros(len(folds))
    for fold in np.unique(folds):
        here = folds == fold
        curve = fit_local_curve(scores.parts[~here], scores.reference[~here], scores.top)
        moved[here] = curve.apply(scores.parts[here], scores.top).sum(1)
    return moved


def _factors(ratios: Array, level: float, folds: Array) -> Array:
    """Return each film's factor (N,), by the ratios of the other folds."""
    factors = np.zeros(len(folds))
    for fold in np.unique(folds):
        factors[folds == fold] = conformal_factor(ratios[folds != fold], level)
    return factors


def _figures(scores: ScaleScores, values: Array, half: Array) -> LocalFigures:
    patients, error = scores.patients, np.abs(values - scores.reference)
    return LocalFigures(
        estimate(statistics.mean, patients, error),
        estimate(statistics.bias, patients, values, scores.reference),
        share_of((error <= half).astype(float), patients),
    )


def _is_gain(gain: Estimate) -> bool:
    """Return whether the gain is above 0 with nine tenths of certainty, by its 95 % interval."""
    if gain.value is None or gain.ends is None:
        return False
    deviation = (gain.ends[1] - gain.ends[0]) / (2 * Z)
    return gain.value > NORMAL.inv_cdf(CERTAINTY) * deviation


def _holds(coverage: Estimate, level: float) -> bool:
    """Return whether nothing certain speaks against intervals that hold as they promise."""
    low, high = coverage.ends or (0.0, 1.0)
    return low <= level <= high
