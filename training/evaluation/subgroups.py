"""For whom the grades are right: error, bias and coverage by view, sex, age, source, lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.evaluation.metrics import Array

FEWEST = 5
"""Groups with fewer graded films are left out: their figures would be noise."""

AGES = ((0, 40, "under 40"), (40, 60, "40 to 59"), (60, 75, "60 to 74"), (75, 200, "75 and over"))
GRADES = ((0, 3.5, "0 to 3"), (3.5, 8.5, "4 to 8"), (8.5, 12.5, "9 to 12"), (12.5, 19, "13 to 18"))


@dataclass(frozen=True, slots=True)
class Group:
    """Global score against the readers' mean in one group: error, signed bias, coverage (0-1)."""

    by: str
    name: str
    films: int
    mae: float
    bias: float
    coverage: float


def groups(
    films: Sequence[Film], grades: Array, reference: Array, covered: NDArray[np.bool_]
) -> list[Group]:
    """Return the figures of every group of at least ``FEWEST`` films with a reference."""
    error = grades - reference
    found = []
    for by, name, members in _members(films, reference):
        here = members & ~np.isnan(error)
        if here.sum() >= FEWEST:
            found.append(
                Group(
                    by,
                    name,
                    int(here.sum()),
                    float(np.abs(error[here]).mean()),
                    float(error[here].mean()),
                    float(covered[here].mean()),
                )
            )
    return found


def _members(
    films: Sequence[Film], reference: Array
) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Yield each group: what it is grouped by, its name, and which films belong to it."""
    sources: Mapping[object, str] = {
        name: name for name in sorted({film.source for film in films}) if name
    }
    words: tuple[tuple[str, str, Mapping[object, str]], ...] = (
        ("view", "view", {"PA": "PA", "AP": "AP"}),
        ("sex", "sex", {"F": "women", "M": "men"}),
        ("tube", "intubated", {True: "intubated", False: "not intubated"}),
        ("source", "source", sources),
    )
    for by, fact, names in words:
        for value, name in names.items():
            yield by, name, np.array([getattr(film, fact) == value for film in films], bool)
    ages = np.array([np.nan if film.age is None else film.age for film in films], float)
    bands = (("age", AGES, ages), (f"readers' score of {BRIXIA.high:g}", GRADES, reference))
    for by, limits, values in bands:
        for low, high, name in limits:
            yield by, name, (values >= low) & (values < high)
