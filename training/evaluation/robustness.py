"""For whom the global score is right, and how far it moves where it should not.

Error, bias and coverage by view, sex, age, source and lines; shifts under perturbations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.model.reading import film_file
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.evaluation.predictions import FoldGraders
from radiograde.training.evaluation.vendor_processing import VENDOR_PROCESSING
from radiograde.training.input_check import corruptions
from radiograde.training.input_check.corruptions import Picture
from radiograde.training.progress import followed

PERTURBATIONS = {**corruptions.PERTURBATIONS, **VENDOR_PROCESSING}
"""What technicians, exports and vendors do to a film."""

FEWEST = 5
"""Groups with fewer graded films are left out: their figures would be noise."""

AGES = ((0, 40, "under 40"), (40, 60, "40 to 59"), (60, 75, "60 to 74"), (75, 200, "75 and over"))
GRADES = ((0, 3.5, "0 to 3"), (3.5, 8.5, "4 to 8"), (8.5, 12.5, "9 to 12"), (12.5, 19, "13 to 18"))


@dataclass(frozen=True, slots=True)
class SubgroupMetrics:
    """Global score against the readers' mean in one group: error, signed bias, coverage (0-1)."""

    by: str
    name: str
    films: int
    mae: float
    bias: float
    coverage: float


def subgroup_metrics(
    films: Sequence[Film], grades: Array, reference: Array, covered: NDArray[np.bool_]
) -> list[SubgroupMetrics]:
    """Return the figures of every group of at least ``FEWEST`` films with a reference."""
    error = grades - reference
    found = []
    for by, name, members in _members(films, reference):
        here = members & ~np.isnan(error)
        if here.sum() >= FEWEST:
            found.append(
                SubgroupMetrics(
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


@dataclass(frozen=True, slots=True)
class PerturbationShift:
    """Change of the global score (0-18) under one perturbation, over ``films`` films."""

    perturbation: str
    films: int
    mean: float
    bias: float
    p95: float


def perturbation_shifts(
    dataset: FilmDataset, graders: FoldGraders, films: NDArray[np.int64]
) -> list[PerturbationShift]:
    """Return each perturbation's shift on films (indices), each graded by its own fold's model.

    Nothing, where there are no films.
    """
    if not len(films):
        return []
    paths = [dataset.manifest.films[film].image for film in films]
    folds = dataset.folds.numpy()[films]
    spec = Preprocessing(size=dataset.cache.cells.shape[-1])
    scores = np.zeros((len(PERTURBATIONS) + 1, len(films)))
    pairs = enumerate(zip(paths, folds, strict=True))
    for column, (path, fold) in followed(pairs, "Perturbing films", len(paths), stderr=True):
        scores[:, column] = _global_scores(path, int(fold), graders, spec)
    moved = scores[1:] - scores[0]
    return [
        PerturbationShift(
            name,
            len(films),
            float(np.abs(change).mean()),
            float(change.mean()),
            float(np.percentile(np.abs(change), 95)),
        )
        for name, change in zip(PERTURBATIONS, moved, strict=True)
    ]


def _global_scores(path: Path, fold: int, graders: FoldGraders, spec: Preprocessing) -> Picture:
    """Return the global score of the film as it is, then of each perturbation."""
    film = film_file.read(path).pixels
    variants = [film, *(change(film) for change in PERTURBATIONS.values())]
    squares = np.stack([prepare(variant, spec)[0] for variant in variants])
    zones = graders.grade(fold, torch.from_numpy(squares[:, None])).zones
    scores: Picture = zones.sum(1).cpu().numpy()
    return scores
