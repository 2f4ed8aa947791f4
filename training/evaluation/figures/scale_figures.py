"""How grades agree with readers on one scale, and whether the intervals hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.graded_films import GradedFilms, ScaleGrades
from radiograde.training.evaluation.figures.patient_bootstrap import Array, Estimate, estimate

OURS = "Radiograde"
MEAN = "readers' mean"
FEWEST = 5
"""Graded films below which a source has no figures of a scale: they would be noise."""


@dataclass(frozen=True, slots=True)
class GraderAgreement:
    """One grader beside one reference on the films that both graded, in points of the scale."""

    scale: str
    reference: str
    grader: str
    films: int
    patients: int
    mae: Estimate
    bias: Estimate
    r: Estimate
    kappa: Estimate


@dataclass(frozen=True, slots=True)
class IntervalFigures:
    """Whether prediction intervals hold the reference, and whether they know where it is hard.

    ``coverage``: share of films, 0-1. ``width``: mean, in points. ``width_and_error``: correlation
    of an interval's width with the distance of the grade to the reference.
    """

    scale: str
    films: int
    coverage: Estimate
    width: Estimate
    width_and_error: Estimate


@dataclass(frozen=True, slots=True)
class TwoScales:
    """Whether extent and opacity are two things, for one grader beside another.

    ``together``: correlation of the grader's own extent and opacity. ``opacity_beyond_extent``:
    partial correlation of the grader's opacity with the reference's, each beyond what its own
    extent says (``statistics.correlation_beyond``).
    """

    reference: str
    grader: str
    films: int
    together: Estimate
    opacity_beyond_extent: Estimate


def agreements(graded: GradedFilms) -> list[GraderAgreement]:
    """Return us and the readers beside each reference, on every scale that readers graded."""
    return [
        agreement(grades, graded.patients, reference, grader)
        for grades in graded.scales.values()
        if grades.known.sum() >= FEWEST
        for reference, grader in _pairs(grades)
    ]


def interval_figures(graded: GradedFilms) -> list[IntervalFigures]:
    """Return how the intervals of every scale hold that readers graded."""
    found = []
    for grades in graded.scales.values():
        if grades.known.sum() < FEWEST or np.isnan(grades.low[grades.known]).all():
            continue
        width = np.where(grades.known, grades.high - grades.low, np.nan)
        error = np.abs(grades.values - grades.reference)
        found.append(
            IntervalFigures(
                grades.scale.name,
                int(grades.known.sum()),
                estimate(statistics.mean, graded.patients, grades.covered),
                estimate(statistics.mean, graded.patients, width),
                estimate(statistics.pearson, graded.patients, width, error),
            )
        )
    return found


def two_scales(graded: GradedFilms) -> list[TwoScales]:
    """Return whether opacity says more than extent: ours, and each reader's beside another."""
    extent, opacity = graded.scales["geographic_extent"], graded.scales["opacity"]
    if (extent.known & opacity.known).sum() < FEWEST:
        return []
    pairs = [(MEAN, OURS)]
    readers = [name for name in opacity.readers if name in extent.readers]
    pairs += [(one, other) for n, one in enumerate(readers) for other in readers[n + 1 :]]
    return [_two_scales(graded, *pair) for pair in pairs]


def _pairs(grades: ScaleGrades) -> Iterator[tuple[str, str]]:
    """Yield reference and grader: us beside all, readers beside each other once."""
    yield MEAN, OURS
    readers = list(grades.readers)
    if len(readers) > 1:
        yield from ((reader, OURS) for reader in readers)
    yield from ((one, other) for n, one in enumerate(readers) for other in readers[n + 1 :])


def column_of(grades: ScaleGrades, grader: str) -> Array:
    """Return the grades (N,) of us, of a reader, or of the readers' mean."""
    named = {OURS: grades.values, MEAN: grades.reference}
    return named[grader] if grader in named else grades.readers[grader]


def agreement(
    grades: ScaleGrades, patients: list[str], reference: str = MEAN, grader: str = OURS
) -> GraderAgreement:
    """Return one grader beside one reference on the films that we graded."""
    # Beside each other, readers stand on the films that we graded: as we do beside them.
    graded = np.where(np.isnan(grades.values), np.nan, column_of(grades, grader))
    columns = graded, column_of(grades, reference)
    known = ~np.isnan(np.sum(columns, 0))
    kappa = partial(statistics.quadratic_kappa, top=int(grades.scale.high))
    return GraderAgreement(
        grades.scale.name,
        reference,
        grader,
        int(known.sum()),
        len({patient for patient, one in zip(patients, known, strict=True) if one}),
        *(
            estimate(statistic, patients, *columns)
            for statistic in (
                statistics.mean_absolute_error,
                statistics.bias,
                statistics.pearson,
                kappa,
            )
        ),
    )


def _two_scales(graded: GradedFilms, reference: str, grader: str) -> TwoScales:
    columns = [
        column_of(graded.scales[name], one)
        for one in (grader, reference)
        for name in ("opacity", "geographic_extent")
    ]
    scored = np.where(np.isnan(graded.scales["opacity"].values), np.nan, 0.0)
    columns = [column + scored for column in columns]
    opacity, extent = columns[:2]
    return TwoScales(
        reference,
        grader,
        int((~np.isnan(np.sum(columns, 0))).sum()),
        estimate(statistics.pearson, graded.patients, extent, opacity),
        estimate(statistics.correlation_beyond, graded.patients, *columns),
    )
