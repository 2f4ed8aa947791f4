"""How far the global score moves when a film changes in ways that should not matter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track

from radiograde.model.reading import film_file
from radiograde.model.scoring.preprocess import Preprocessing, prepare
from radiograde.training.dataset.film_dataset import Study
from radiograde.training.evaluation.predictions import FoldGraders
from radiograde.training.input_check.perturb import PERTURBATIONS, Picture


@dataclass(frozen=True, slots=True)
class Shift:
    """Change of the global score (0-18) under one perturbation, over ``films`` films."""

    perturbation: str
    films: int
    mean: float
    bias: float
    p95: float


def shifts(study: Study, graders: FoldGraders, films: NDArray[np.int64]) -> list[Shift]:
    """Return each perturbation's shift on films (indices), each graded by its own fold's model.

    Nothing, where there are no films.
    """
    if not len(films):
        return []
    paths = [study.manifest.films[film].image for film in films]
    folds = study.folds.numpy()[films]
    spec = Preprocessing(size=study.cache.cells.shape[-1])
    scores = np.zeros((len(PERTURBATIONS) + 1, len(films)))
    for place, (path, fold) in enumerate(
        track(list(zip(paths, folds, strict=True)), "Perturbing films")
    ):
        scores[:, place] = _scores(path, int(fold), graders, spec)
    moved = scores[1:] - scores[0]
    return [
        Shift(
            name,
            len(films),
            float(np.abs(change).mean()),
            float(change.mean()),
            float(np.percentile(np.abs(change), 95)),
        )
        for name, change in zip(PERTURBATIONS, moved, strict=True)
    ]


def _scores(path: Path, fold: int, graders: FoldGraders, spec: Preprocessing) -> Picture:
    """Return the global score of the film as it is, then of each perturbation."""
    film = film_file.read(path).pixels
    variants = [film, *(change(film) for change in PERTURBATIONS.values())]
    squares = np.stack([prepare(variant, spec)[0] for variant in variants])
    zones = graders.grade(fold, torch.from_numpy(squares[:, None])).zones
    scores: Picture = zones.sum(1).cpu().numpy()
    return scores
