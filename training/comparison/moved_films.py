"""The films on which two models differ most, as pictures side by side."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.data.film import Film
from radiograde.model.errors import RadiogradeError
from radiograde.model.scoring.scales import Scale
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.served.served_grading import ServedGrading, read_as_served

MOST = 12
SIDE = 320
"""Pixels of a picture's longer side, at most."""

MARK = np.array([1.0, 0.55, 0.1], np.float32)
OUTLINE = np.array([0.35, 0.8, 1.0], np.float32)
TINT = 0.4


@dataclass(frozen=True, slots=True)
class MovedFilm:
    """A film beside what each model made of it.

    ``row``: of the manifest. ``scores``: of A and of B in words. ``readers``: their mean in words.
    ``pictures``: of A and of B as data URIs; empty where the film cannot be read.
    """

    row: int
    scores: tuple[str, str]
    readers: str
    pictures: tuple[str, ...]


def moved_films(
    graded: tuple[GradedFilms, GradedFilms],
    gradings: tuple[Sequence[ServedGrading], Sequence[ServedGrading]],
    scale: Scale,
) -> list[MovedFilm]:
    """Return films that moved, most first; one that a single model graded moved the whole scale."""
    a, b = (one.scales[scale.name].values for one in graded)
    one_alone = np.isnan(a) != np.isnan(b)
    moved = np.where(one_alone, scale.high - scale.low, np.nan_to_num(np.abs(b - a)))
    order = np.argsort(-moved, kind="stable")[:MOST]
    reference = graded[0].scales[scale.name].reference
    return [
        MovedFilm(
            graded[0].films[index].row,
            (_words(gradings[0][index], scale), _words(gradings[1][index], scale)),
            "not scored" if np.isnan(reference[index]) else f"{reference[index]:.1f}",
            _pictures(graded[0].films[index], gradings[0][index], gradings[1][index]),
        )
        for index in order
        if moved[index] > 0
    ]


def _words(grading: ServedGrading, scale: Scale) -> str:
    if grading.scores is None or scale.name not in grading.scores:
        return ", ".join(grading.rejected_for) or grading.status
    score = grading.scores[scale.name]
    return f"{score.value:.1f} ({score.low:.1f} to {score.high:.1f})"


def _pictures(film: Film, *gradings: ServedGrading) -> tuple[str, ...]:
    try:
        grey = read_as_served(film).grey.pixels
    except RadiogradeError:
        return ()
    picture = Image.fromarray(np.ascontiguousarray(grey, np.float32))
    scale = SIDE / max(picture.size)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = np.asarray(picture.resize(size, Image.Resampling.BOX), np.float32).clip(0, 1)
    return tuple(_data_uri(_painted(small, grading)) for grading in gradings)


def _painted(film: NDArray[np.float32], grading: ServedGrading) -> NDArray[np.float32]:
    """Return the film (H, W, 3) with lungs outlined and what the map marks tinted."""
    shown = np.repeat(film[:, :, None], 3, 2)
    if grading.regions is None:
        return shown
    right, left, marked = (_resized(one, film.shape) for one in grading.regions.unpacked())
    shown[marked] = (1 - TINT) * shown[marked] + TINT * MARK
    for lung in (right, left):
        shown[_edge(lung)] = OUTLINE
    return shown


def _resized(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    rows, columns = shape
    picture = Image.fromarray(mask.astype(np.uint8)).resize((columns, rows))
    found: NDArray[np.bool_] = np.asarray(picture) > 0
    return found


def _edge(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the points of a mask beside points that are outside."""
    inside = np.pad(mask, 1)
    core = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    edge: NDArray[np.bool_] = mask & ~core
    return edge


def _data_uri(picture: NDArray[np.float32]) -> str:
    file = BytesIO()
    Image.fromarray(np.rint(picture * 255).astype(np.uint8)).save(file, "JPEG", quality=82)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
