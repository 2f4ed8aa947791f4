"""What a grader who knows the truth would reach against the mean of two readers.

Readers err independently: then half of what two of them differ by is the error of their mean, and
the mean's reliability follows from their correlation (Spearman-Brown). A shared error of both, such
as a convention, is not seen here; and readers' figures of a filtered collection are too good.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from radiograde.training.evaluation.figures.graded_films import GradedFilms, ScaleGrades
from radiograde.training.evaluation.figures.patient_bootstrap import Array, Estimate, estimate
from radiograde.training.evaluation.figures.scale_figures import FEWEST


@dataclass(frozen=True, slots=True)
class ReaderCeiling:
    """One scale of films that two readers graded; ``readers``: their names.

    ``apart``: standard deviation of the two readers' difference, points. ``mae``, ``r``: of a
    grader who knows the truth, against the mean of both.
    """

    scale: str
    readers: tuple[str, str]
    films: int
    apart: Estimate
    mae: Estimate
    r: Estimate


def reader_ceilings(graded: GradedFilms) -> list[ReaderCeiling]:
    """Return the ceiling on every scale that exactly two readers graded."""
    found = (_ceiling(grades, graded.patients) for grades in graded.scales.values())
    return [one for one in found if one is not None]


def deviation_of_difference(one: Array, other: Array) -> float:
    """Return the standard deviation of what two readers differ by."""
    return float((one - other).std())


def mae_of_a_perfect_grader(one: Array, other: Array) -> float:
    """Return the mean absolute error against the mean of both, the errors being normal."""
    return deviation_of_difference(one, other) / 2 * float(np.sqrt(2 / np.pi))


def r_of_a_perfect_grader(one: Array, other: Array) -> float | None:
    """Return the correlation with the mean of both; None where readers do not agree at all."""
    if len(one) < 2 or not (one.std() > 0 and other.std() > 0):
        return None
    r = float(np.corrcoef(one, other)[0, 1])
    return float(np.sqrt(2 * r / (1 + r))) if r > 0 else None


def _ceiling(grades: ScaleGrades, patients: list[str]) -> ReaderCeiling | None:
    if len(grades.readers) != 2:
        return None
    (first, one), (second, other) = grades.readers.items()
    films = int((~np.isnan(one + other)).sum())
    if films < FEWEST:
        return None
    return ReaderCeiling(
        grades.scale.name,
        (first, second),
        films,
        estimate(deviation_of_difference, patients, one, other),
        estimate(mae_of_a_perfect_grader, patients, one, other),
        estimate(r_of_a_perfect_grader, patients, one, other),
    )
