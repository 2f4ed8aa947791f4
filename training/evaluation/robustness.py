"""For whom the global score is right, and how far it moves where it should not.

Error, bias and coverage by view, sex, age, source and lines; shifts under perturbations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.model.reading import film_file
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.evaluation.figures.film_groups import film_groups
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
    for by, name, members in film_groups(films, reference):
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
