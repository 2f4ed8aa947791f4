"""The groups of films that figures are shown for: by view, sex, age, machine and more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from radiograde.data.film import Film
from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.evaluation.figures.graded_films import Rows
from radiograde.training.evaluation.figures.patient_bootstrap import Array

AGES = ((0, 40, "under 40"), (40, 60, "40 to 59"), (60, 75, "60 to 74"), (75, 200, "75 and over"))
GRADES = ((0, 3.5, "0 to 3"), (3.5, 8.5, "4 to 8"), (8.5, 12.5, "9 to 12"), (12.5, 19, "13 to 18"))


def film_groups(
    films: Sequence[Film], reference: Array | None = None
) -> Iterator[tuple[str, str, Rows]]:
    """Yield each group: what it is grouped by, its name, and which films (N,) belong to it.

    ``reference``: (N,) the readers' global score, to group by it as well.
    """
    words: tuple[tuple[str, str, Mapping[object, str]], ...] = (
        ("view", "view", {"PA": "PA", "AP": "AP"}),
        ("sex", "sex", {"F": "women", "M": "men"}),
        ("tube", "intubated", {True: "intubated", False: "not intubated"}),
        ("source", "source", _named(film.source for film in films)),
        ("machine", "machine", _named(film.machine for film in films)),
    )
    for by, fact, names in words:
        for value, name in names.items():
            yield by, name, np.array([getattr(film, fact) == value for film in films], bool)
    ages = np.array([np.nan if film.age is None else film.age for film in films], float)
    for low, high, name in AGES:
        yield "age", name, (ages >= low) & (ages < high)
    if reference is None:
        return
    for least, most, name in GRADES:
        rows = (reference >= least) & (reference < most)
        yield f"readers' score of {BRIXIA.high:g}", name, rows


def _named(values: Iterator[str]) -> Mapping[object, str]:
    return {name: name for name in sorted(set(values)) if name}
