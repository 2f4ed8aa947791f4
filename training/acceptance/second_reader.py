"""How far a second reader is from a reader: what a model is held against.

A model stands beside each reader as that reader's colleague does, on the same films and paired
film by film. Where one reader alone graded, what the model file says of two readers takes the
colleague's place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.graded_films import ScaleGrades, mean_of_known
from radiograde.training.evaluation.figures.patient_bootstrap import (
    NOT_MEASURED,
    Array,
    Estimate,
    estimate,
)
from radiograde.training.evaluation.figures.scale_figures import FEWEST

THESE_FILMS, MODEL_FILE, LIMITS_FILE = "these films", "the model file", "the limits"


@dataclass(frozen=True, slots=True)
class SecondReader:
    """By how much more than a second reader the model is off a reader, in points.

    ``films``: on which that stands. ``apart``: how far two readers are from each other.
    ``known_from``: these films, the model file, the limits, or '' where it is not known.
    """

    beyond: Estimate = NOT_MEASURED
    apart: float | None = None
    films: int = 0
    known_from: str = ""


def beside_second_reader(
    grades: ScaleGrades,
    patients: Sequence[str],
    metadata: ModelMetadata,
    asked: float | None = None,
) -> SecondReader:
    """Return how the model stands beside a second reader on one scale.

    ``asked``: how far two readers are apart, where neither the films nor the model file say it.
    """
    ours, theirs = film_distances(grades)
    films = int((~np.isnan(ours + theirs)).sum())
    if films >= FEWEST:
        beyond = estimate(statistics.mean, patients, ours - theirs)
        return SecondReader(beyond, float(np.nanmean(theirs)), films, THESE_FILMS)
    measured = two_readers_in(metadata) if grades.scale == BRIXIA else None
    apart, whence = (measured, MODEL_FILE) if measured is not None else (asked, LIMITS_FILE)
    if apart is None:
        return SecondReader()
    error = np.abs(grades.values - grades.reference)
    beyond = estimate(statistics.mean, patients, error - apart)
    return SecondReader(beyond, apart, int(grades.known.sum()), whence)


def two_readers_in(metadata: ModelMetadata) -> float | None:
    """Return how far two readers of the global score are apart, as the model file says; or None."""
    return distance_to_readers(metadata, "reader ")


def distance_to_readers(metadata: ModelMetadata, grader: str) -> float | None:
    """Return how far graders, by how their names begin, are from single readers of Brixia."""
    found = [
        float(row["agreement"]["mae"])
        for row in metadata.metrics.get("agreement", [])
        if row["reference"].startswith("Brixia, reader ") and row["grader"].startswith(grader)
    ]
    return sum(found) / len(found) if found else None


def film_distances(grades: ScaleGrades) -> tuple[Array, Array]:
    """Return how far we are from a reader, and readers from each other: means of a film, (N,).

    NaN for films that fewer than two readers graded.
    """
    nothing = np.full(len(grades.values), np.nan)
    if len(grades.readers) < 2:
        return nothing, nothing
    ours = {name: np.abs(grades.values - column) for name, column in grades.readers.items()}
    pairs = list(combinations(grades.readers, 2))
    theirs = [np.abs(grades.readers[a] - grades.readers[b]) for a, b in pairs]
    beside = [(ours[a] + ours[b]) / 2 for a, b in pairs]
    return mean_of_known(beside), mean_of_known(theirs)
