"""How two graders agree, and several: figures that training and service share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

Z_95 = 1.96


@dataclass(frozen=True, slots=True)
class LimitsOfAgreement:
    """Mean difference of two graders, and between what 95 of 100 differences lie."""

    bias: float
    low: float
    high: float


def quadratic_kappa(a: NDArray[np.floating], b: NDArray[np.floating], top: int) -> float | None:
    """Return Cohen's kappa with quadratic weights of two gradings (N,), rounded to 0..``top``.

    None where both give every film the same grade: then there is nothing to agree on. Cohen,
    Psychol Bull 1968;70:213.
    """
    counts = np.zeros((top + 1, top + 1))
    np.add.at(counts, (np.rint(a).astype(int), np.rint(b).astype(int)), 1)
    steps = np.arange(top + 1)
    weights = (steps[:, None] - steps[None, :]) ** 2
    chance = np.outer(counts.sum(1), counts.sum(0)) / counts.sum()
    by_chance = float((weights * chance).sum())
    return 1 - float((weights * counts).sum()) / by_chance if by_chance else None


def intraclass_correlation(grades: NDArray[np.floating]) -> float | None:
    """Return ICC(2,1) of grades (films, graders): two-way random, absolute agreement, one grader.

    Shrout and Fleiss, Psychol Bull 1979;86:420. None for fewer than two films or graders, or where
    nothing differs.
    """
    films, graders = grades.shape
    if films < 2 or graders < 2:
        return None
    mean = grades.mean()
    of_films = graders * float(((grades.mean(1) - mean) ** 2).sum())
    of_graders = films * float(((grades.mean(0) - mean) ** 2).sum())
    rest = float(((grades - mean) ** 2).sum()) - of_films - of_graders
    between = of_films / (films - 1)
    graders_apart = of_graders / (graders - 1)
    error = rest / ((films - 1) * (graders - 1))
    whole = between + (graders - 1) * error + graders * (graders_apart - error) / films
    return (between - error) / whole if abs(whole) > 1e-12 else None


def limits_of_agreement(
    a: NDArray[np.floating], b: NDArray[np.floating]
) -> LimitsOfAgreement | None:
    """Return by how much ``b`` is above ``a`` (N,), with the 95 % limits; None for under two films.

    Bland and Altman, Lancet 1986;1:307.
    """
    if len(a) < 2:
        return None
    differences = b - a
    bias, spread = float(differences.mean()), float(differences.std(ddof=1))
    return LimitsOfAgreement(bias, bias - Z_95 * spread, bias + Z_95 * spread)
