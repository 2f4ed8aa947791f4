"""How well grades agree: error, bias, correlation, kappa, and change from film to film."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from radiograde.data.film import Film

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
    BMJ 1996;313:744). ``ours``, ``readers``: the change of each pair, in points.
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


def agreement(grades: Array, reference: Array, patients: Sequence[str]) -> Agreement:
    """Return how far ``grades`` (N,) is from ``reference`` (N,); films with NaN are left out."""
    known = ~(np.isnan(grades) | np.isnan(reference))
    error = (grades - reference)[known]
    return Agreement(
        films=int(known.sum()),
        mae=float(np.abs(error).mean()),
        mae_95=_patient_bootstrap(np.abs(error), np.asarray(patients)[known]),
        bias=float(error.mean()),
        r=_pearson(grades[known], reference[known]),
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
    pairs = _successive_films(films, reference)
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


def _patient_bootstrap(errors: Array, patients: NDArray[np.str_]) -> tuple[float, float]:
    names, patient = np.unique(patients, return_inverse=True)
    sums = np.bincount(patient, errors, len(names))
    films = np.bincount(patient, minlength=len(names))
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(names), (RESAMPLES, len(names)))
    means = sums[drawn].sum(1) / films[drawn].sum(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)
