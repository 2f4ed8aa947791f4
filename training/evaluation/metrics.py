"""How well grades agree: error, bias, correlation, and change from film to film."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from radiograde.data.film import Film
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.patient_bootstrap import (
    NOT_MEASURED,
    Array,
    Estimate,
    estimate,
)

Interval = tuple[float, float]

FEWEST_FOR_LINE = 3


@dataclass(frozen=True, slots=True)
class Agreement:
    """A grader beside a reference on ``films`` films; ``..._95`` are intervals over patients.

    ``r`` is None where either gives every film the same grade, ``r_95`` also where models of
    earlier versions did not measure it.
    """

    films: int
    mae: float
    mae_95: tuple[float, float]
    bias: float
    r: float | None
    bias_95: Interval | None = None
    r_95: Interval | None = None


@dataclass(frozen=True, slots=True)
class UnmeasuredChange:
    """Fewer than two pairs of dated, graded films of a patient: nothing to measure change on."""

    pairs: int


@dataclass(frozen=True, slots=True)
class ChangeOverTime:
    """Changes of the global score, film to next film of a patient, beside those of readers.

    ``mae``, ``mae_95``, ``bias``, ``r``: as in ``Agreement``, of the changes.
    ``same_direction``: share of the pairs in which grades go the way that readers saw; None
    where they saw no change. ``repeatability``: the change that 95 % of films of an unchanged
    patient stay below, from the spread of the difference between both changes (Bland and Altman,
    BMJ 1996;313:744). ``ours``, ``readers``: the change of each pair, in points. ``no_change``: the
    error of a grader who says that nothing ever changes; ``gain``: by how much ours is smaller.
    """

    pairs: int
    patients: int
    mae: float
    mae_95: tuple[float, float]
    bias: float
    r: float | None
    same_direction: float | None
    repeatability: float
    ours: Sequence[float]
    readers: Sequence[float]
    no_change: float | None = None
    gain: Estimate = NOT_MEASURED

    @property
    def null_error(self) -> float:
        """The error of saying that nothing changes, from what evaluations of any version hold."""
        return float(np.abs(self.readers).mean()) if self.no_change is None else self.no_change


def agreement(grades: Array, reference: Array, patients: Sequence[str]) -> Agreement:
    """Return how far ``grades`` (N,) is from ``reference`` (N,); films with NaN are left out."""
    known = ~(np.isnan(grades) | np.isnan(reference))
    columns = grades[known], reference[known]
    of = [patient for patient, one in zip(patients, known, strict=True) if one]
    mae, bias, r = (
        estimate(statistic, of, *columns)
        for statistic in (statistics.mean_absolute_error, statistics.bias, statistics.pearson)
    )
    return Agreement(
        films=int(known.sum()),
        mae=mae.value or 0.0,
        mae_95=mae.ends or (mae.value or 0.0,) * 2,
        bias=bias.value or 0.0,
        r=r.value,
        bias_95=bias.ends,
        r_95=r.ends,
    )


def on_line(grades: Array, reference: Array) -> Array:
    """Return ``grades`` on the reference's scale, each film by a line through all the others.

    For graders who grade on another scale. NaN where either is missing.
    """
    mapped = np.full_like(reference, np.nan)
    known = np.flatnonzero(~(np.isnan(grades) | np.isnan(reference)))
    if known.size < FEWEST_FOR_LINE:
        return mapped
    for film in known:
        others = known[known != film]
        slope, offset = np.polyfit(grades[others], reference[others], 1)
        mapped[film] = slope * grades[film] + offset
    return mapped


def change_over_time(
    films: Sequence[Film], grades: Array, reference: Array
) -> ChangeOverTime | UnmeasuredChange:
    """Return how changes of the global score (N,) agree with those of the reference (N,)."""
    pairs = _successive_films(films, grades + reference)
    if len(pairs) < 2:
        return UnmeasuredChange(len(pairs))
    first, second = np.array(pairs).T
    ours, readers = grades[second] - grades[first], reference[second] - reference[first]
    patients = [films[film].patient for film in first]
    agreed = agreement(ours, readers, patients)
    moved = readers != 0
    same = (np.sign(ours) == np.sign(readers))[moved]
    return ChangeOverTime(
        pairs=len(pairs),
        patients=len(set(patients)),
        mae=agreed.mae,
        mae_95=agreed.mae_95,
        bias=agreed.bias,
        r=agreed.r,
        same_direction=float(same.mean()) if same.size else None,
        repeatability=float(1.96 * (ours - readers).std()),
        ours=[round(float(value), 2) for value in ours],
        readers=[float(value) for value in readers],
        no_change=float(np.abs(readers).mean()),
        gain=estimate(statistics.mean, patients, np.abs(readers) - np.abs(ours - readers)),
    )


def _successive_films(films: Sequence[Film], reference: Array) -> list[tuple[int, int]]:
    """Return pairs of films, each with the patient's next, both dated and graded by readers."""
    by_patient: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for number, film in enumerate(films):
        if film.offset_days is not None and not np.isnan(reference[number]):
            by_patient[film.patient].append((film.offset_days, number))
    return [
        (first[1], second[1])
        for dated in by_patient.values()
        for first, second in pairwise(sorted(dated))
        if second[0] > first[0]
    ]
