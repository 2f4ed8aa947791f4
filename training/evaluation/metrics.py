"""How well numbers agree: error, bias, correlation, kappa, with intervals over patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 2000
FEWEST_FOR_LINE = 3


@dataclass(frozen=True, slots=True)
class Agreement:
    """A grader beside a reference on ``films`` films; ``mae_95`` is a bootstrap over patients.

    ``r`` is None where either gives every film the same grade.
    """

    films: int
    mae: float
    mae_95: tuple[float, float]
    bias: float
    r: float | None


def agreement(found: Array, reference: Array, patients: Sequence[str]) -> Agreement:
    """Return how far ``found`` (N,) is from ``reference`` (N,); films with NaN are left out."""
    known = ~(np.isnan(found) | np.isnan(reference))
    error = (found - reference)[known]
    return Agreement(
        films=int(known.sum()),
        mae=float(np.abs(error).mean()),
        mae_95=_patient_bootstrap(np.abs(error), np.asarray(patients)[known]),
        bias=float(error.mean()),
        r=_pearson(found[known], reference[known]),
    )


def _pearson(a: Array, b: Array) -> float | None:
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else None


def quadratic_kappa(a: Array, b: Array, top: int) -> float | None:
    """Return Cohen's kappa with quadratic weights of two gradings, rounded to 0..``top``.

    None where both give every film the same grade: then there is nothing to agree on.
    """
    counts = np.zeros((top + 1, top + 1))
    np.add.at(counts, (np.rint(a).astype(int), np.rint(b).astype(int)), 1)
    steps = np.arange(top + 1)
    weights = (steps[:, None] - steps[None, :]) ** 2
    chance = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    by_chance = float((weights * chance).sum())
    return 1 - float((weights * counts).sum()) / by_chance if by_chance else None


def on_line(found: Array, reference: Array) -> Array:
    """Return ``found`` on the reference's scale, each film by a line through all the others.

    For graders who grade on another scale. NaN where either is missing.
    """
    mapped = np.full_like(reference, np.nan)
    known = np.flatnonzero(~(np.isnan(found) | np.isnan(reference)))
    if known.size < FEWEST_FOR_LINE:
        return mapped
    for film in known:
        others = known[known != film]
        slope, offset = np.polyfit(found[others], reference[others], 1)
        mapped[film] = slope * found[film] + offset
    return mapped


def _patient_bootstrap(errors: Array, patients: NDArray[np.str_]) -> tuple[float, float]:
    names, patient = np.unique(patients, return_inverse=True)
    sums = np.bincount(patient, errors, len(names))
    films = np.bincount(patient, minlength=len(names))
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(names), (RESAMPLES, len(names)))
    means = sums[drawn].sum(1) / films[drawn].sum(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
