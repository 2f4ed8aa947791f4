"""Films that were graded as a test wants them; nothing is read from disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from radiograde.data.film import Film, Reading
from radiograde.data.manifest import Manifest
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.served.served_grading import ServedGrading, ServedScore

TOPS = {"brixia": 18.0, "geographic_extent": 8.0, "opacity": 8.0}
HALF = 3.0
"""Half-width of every interval."""


def graded_films(
    films: Sequence[Film], score: Callable[[int, float], float], scale: str = "brixia"
) -> GradedFilms:
    """Return films whose score follows from their number and their readers' mean."""
    gradings = []
    for number, film in enumerate(films):
        totals = [total.value for total in film.totals(scale).values()]
        value = score(number, float(np.mean(totals)))
        if np.isnan(value):
            gradings.append(ServedGrading("rejected", ("no_lungs",)))
            continue
        found = ServedScore(value, value - HALF, value + HALF)
        gradings.append(ServedGrading("scored", (), {scale: found}))
    return GradedFilms.served(films, gradings)


def read_films(
    count: int, readers: Sequence[str] = ("S", "J"), scale: str = "brixia", **facts: object
) -> list[Film]:
    """Return films of a patient each; each further reader is a point above the one before."""
    films = []
    for number in range(count):
        given = [
            Reading(scale, reader, "", 2.0 + number % (TOPS[scale] // 2) + place, TOPS[scale])
            for place, reader in enumerate(readers)
        ]
        films.append(Film(Path(f"{number}.png"), f"P{number}", readings=tuple(given), **facts))  # type: ignore[arg-type]
    return films


def manifest_of(films: Sequence[Film]) -> Manifest:
    return Manifest(tuple(films), Path("manifest.csv"), "d" * 64)
