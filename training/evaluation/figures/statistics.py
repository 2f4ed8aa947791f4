"""The figures that grades are measured by, as plain functions of columns (N,)."""

from __future__ import annotations

import numpy as np

from radiograde.model.agreement import quadratic_kappa as quadratic_kappa
from radiograde.training.evaluation.figures.patient_bootstrap import Array

SAME = 1e-9
"""Share of a column's own spread below which what is left of it is rounding."""


def mean(values: Array) -> float:
    """Return the mean."""
    return float(values.mean())


def mean_absolute_error(grades: Array, reference: Array) -> float:
    """Return the mean distance of grades to their reference."""
    return float(np.abs(grades - reference).mean())


def bias(grades: Array, reference: Array) -> float:
    """Return by how much grades are higher than their reference, on average."""
    return float((grades - reference).mean())


def pearson(a: Array, b: Array) -> float | None:
    """Return the correlation; None where either column has one value only."""
    if len(a) < 2 or not (a.std() > 0 and b.std() > 0):
        return None
    return float(np.corrcoef(a, b)[0, 1])


def percentile_95(values: Array) -> float:
    """Return what 95 % of the values stay below."""
    return float(np.percentile(values, 95))


def percentile_5(values: Array) -> float:
    """Return what 95 % of the values stay above."""
    return float(np.percentile(values, 5))


def area_under_roc(scores: Array, positive: Array) -> float | None:
    """Return the chance that a positive film scores higher than a negative one, ties a half.

    ``positive``: (N,) 1 or 0. None where all films are of one kind.
    """
    high, low = scores[positive > 0], np.sort(scores[positive == 0])
    if not (len(high) and len(low)):
        return None
    below = np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")
    return float(below.mean() / 2 / len(low))


def correlation_beyond(a: Array, a_given: Array, b: Array, b_given: Array) -> float | None:
    """Return how two graders' ``a`` and ``b`` agree beyond what their own ``given`` says of them.

    A partial correlation: of what is left of each after the line through the grader's own other
    scale. 0 where one grader's scale is nothing but that line; None for fewer than 3 films.
    """
    if len(a) < 3:
        return None
    ours, theirs = _beyond(a, a_given), _beyond(b, b_given)
    if ours.std() <= SAME * (a.std() or 1.0) or theirs.std() <= SAME * (b.std() or 1.0):
        return 0.0
    return float(np.corrcoef(ours, theirs)[0, 1])


def _beyond(values: Array, given: Array) -> Array:
    line = np.stack([given, np.ones_like(given)], 1)
    left: Array = values - line @ np.linalg.lstsq(line, values, rcond=None)[0]
    return left


def slope(changes: Array, differences: Array) -> float | None:
    """Return by how much of ``differences`` the ``changes`` follow, by a line through 0."""
    norm = float((differences**2).sum())
    return float((changes * differences).sum()) / norm if norm else None
