"""Two models on the same films: differences film by film, each with an interval over patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from radiograde.training.acceptance.acceptance_limits import Limits
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.patient_bootstrap import Array, Estimate, estimate
from radiograde.training.evaluation.figures.scale_figures import FEWEST

Verdict = Literal["better", "not worse", "undecided", "worse"]

ORDER: Sequence[Verdict] = ("worse", "undecided", "better", "not worse")
"""Which verdict of several is the whole one: the first of these that is among them."""

MOST_LOST = 0.02
"""By how much more of the films B may leave ungraded and still be not worse."""


@dataclass(frozen=True, slots=True)
class PairedScale:
    """One scale of films that both models graded and readers scored; points of the scale.

    ``error``, ``bias``, ``r``, ``coverage``: B's figure minus A's. ``error_a``, ``error_b``: mean
    distances to the readers' mean. ``moved``: mean distance of B's score to A's, readers or not.
    ``margin``: by how much B's error may be larger for B to be not worse.
    """

    scale: str
    films: int
    error_a: Estimate
    error_b: Estimate
    error: Estimate
    bias: Estimate
    r: Estimate
    coverage: Estimate
    moved: Estimate
    margin: float
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PairedFigures:
    """Every difference. ``lost``: share of films that B leaves ungraded, minus A's (0-1)."""

    films: int
    patients: int
    lost: Estimate
    scales: Sequence[PairedScale]
    verdict: Verdict


def paired_figures(a: GradedFilms, b: GradedFilms, limits: Limits) -> PairedFigures:
    """Return the differences on frontal films of adults that both models were given.

    Without readers' scores nothing is decided.
    """
    a, b = a.of(a.in_scope), b.of(b.in_scope)
    lost = [(one.turned_away | one.failed).astype(float) for one in (a, b)]
    more_lost = estimate(statistics.mean, a.patients, lost[1] - lost[0])
    scales = [
        _paired_scale(name, a, b, limits.of(name).beyond_second_reader)
        for name in a.scales
        if (a.scales[name].known & b.scales[name].known).sum() >= FEWEST
    ]
    verdicts = [one.verdict for one in scales] + [_on_losses(more_lost)]
    return PairedFigures(
        len(a.films),
        len(set(a.patients)),
        more_lost,
        scales,
        overall(verdicts) if scales else "undecided",
    )


def verdict_of(more: Estimate, margin: float) -> Verdict:
    """Return what an increase of something bad says of B; zero is none."""
    if more.ends is None:
        return "undecided"
    low, high = more.ends
    if high < 0:
        return "better"
    if low > margin:
        return "worse"
    return "not worse" if high <= margin else "undecided"


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """Return one verdict: B is better where it is somewhere, and not worse anywhere."""
    return min(verdicts, key=ORDER.index)


def _on_losses(more: Estimate) -> Verdict:
    """Return the verdict on films not graded: fewer of them alone make no model better."""
    found = verdict_of(more, MOST_LOST)
    return "not worse" if found == "better" else found


def _paired_scale(name: str, a: GradedFilms, b: GradedFilms, margin: float) -> PairedScale:
    first, second = a.scales[name], b.scales[name]
    patients, known = a.patients, first.known & second.known
    before, after, reference = (
        np.where(known, column, np.nan) for column in (first.values, second.values, first.reference)
    )
    more_error = estimate(_more_error, patients, before, after, reference)
    return PairedScale(
        name,
        int(known.sum()),
        estimate(statistics.mean_absolute_error, patients, before, reference),
        estimate(statistics.mean_absolute_error, patients, after, reference),
        more_error,
        estimate(statistics.bias, patients, after, before),
        estimate(_more_r, patients, before, after, reference),
        estimate(statistics.bias, patients, second.covered, first.covered),
        estimate(statistics.mean_absolute_error, patients, second.values, first.values),
        margin,
        verdict_of(more_error, margin),
    )


def _more_error(a: Array, b: Array, reference: Array) -> float:
    return float((np.abs(b - reference) - np.abs(a - reference)).mean())


def _more_r(a: Array, b: Array, reference: Array) -> float | None:
    before, after = statistics.pearson(a, reference), statistics.pearson(b, reference)
    return None if before is None or after is None else after - before
