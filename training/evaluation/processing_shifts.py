"""How far the score moves, and what is turned away, where only the processing differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.film_sample import SampleFilm
from radiograde.training.evaluation.figures.patient_bootstrap import Array, Estimate, estimate
from radiograde.training.evaluation.served.film_grader import FilmGrader, FilmTask
from radiograde.training.evaluation.vendor_processing import VENDOR_PROCESSING

ALL_SOURCES = "all sources"


@dataclass(frozen=True, slots=True)
class ProcessingShift:
    """Films of one source after one change of processing.

    ``moved``, ``p95``: absolute change of the global score, mean and 95th percentile, points.
    ``bias``: mean change. ``turned_away``: share of the films, all scored before, that the input
    check now rejects.
    """

    source: str
    processing: str
    films: int
    moved: Estimate
    bias: Estimate
    p95: Estimate
    turned_away: Estimate


def processing_shifts(grader: FilmGrader, sample: Sequence[SampleFilm]) -> list[ProcessingShift]:
    """Return every change's figures of all films together, then of each source."""
    tasks = [FilmTask(one.film, VENDOR_PROCESSING) for one in sample]
    graded = grader.grade(tasks, "Changing the processing")
    changes = {
        name: np.array(
            [found[name].brixia - one.score for one, found in zip(sample, graded, strict=True)]
        )
        for name in VENDOR_PROCESSING
    }
    sources = sorted({one.source for one in sample})
    groups = {ALL_SOURCES: list(range(len(sample)))} | {
        source: [n for n, one in enumerate(sample) if one.source == source] for source in sources
    }
    return [
        _shift(source, name, [sample[n].film.patient for n in rows], changes[name][rows])
        for source, rows in groups.items()
        for name in changes
    ]


def _shift(source: str, name: str, patients: Sequence[str], change: Array) -> ProcessingShift:
    return ProcessingShift(
        source,
        name,
        len(change),
        estimate(statistics.mean, patients, np.abs(change)),
        estimate(statistics.mean, patients, change),
        estimate(statistics.percentile_95, patients, np.abs(change)),
        estimate(statistics.mean, patients, np.isnan(change).astype(float)),
    )
