"""The out-of-fold grades of a run in the form that figures by source are counted from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.model.scoring.input_check import frontality
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY
from radiograde.training.evaluation.figures.graded_films import (
    SCALES,
    GradedFilms,
    ScaleGrades,
    reader_grades,
)
from radiograde.training.evaluation.figures.lung_overlap import (
    HEART_IN,
    HEART_OUT_FILLED,
    LungOverlap,
)
from radiograde.training.evaluation.figures.source_figures import Overlaps
from radiograde.training.evaluation.film_figures import FilmFigures, film_figures
from radiograde.training.evaluation.intervals import GradedScale
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.thresholds import SEVERITY

TURNED_AWAY = ("out_of_distribution",)
"""Why a film counts as turned away whose probability of a frontal film is under the threshold."""


def out_of_fold_figures(
    films: Sequence[Film],
    predictions: Predictions,
    scales: Mapping[str, GradedScale],
    threshold: float,
) -> FilmFigures:
    """Return the figures of a run by source.

    ``scales``: with the intervals that the other folds set. ``threshold``: of the input check, on
    the probability of a frontal film; tags and pixels are not judged.
    """
    away = frontality(predictions.scope) < threshold
    grades = {}
    for scale in SCALES:
        graded = scales[scale.name]
        low, high = graded.ends()
        readers, reference = reader_grades(films, scale)
        columns = (np.where(away, np.nan, one) for one in (graded.values, low, high))
        values, low, high = columns
        grades[scale.name] = ScaleGrades(scale, values, low, high, reference, readers)
    found = GradedFilms(
        tuple(films),
        grades,
        tuple(TURNED_AWAY if one else () for one in away),
        np.zeros(len(films), bool),
        np.where(away, np.nan, predictions.painted.astype(float)),
        {
            name: np.where(away[:, None], np.nan, lungs.astype(float))
            for name, lungs in _lungs(predictions).items()
        },
    )
    return film_figures(found, _overlaps(films, predictions), SEVERITY)


def _lungs(predictions: Predictions) -> Mapping[str, NDArray[np.float32]]:
    """Return the right and the left lung's scores (N, 2) by scale."""
    right, left = predictions.zones[:, :3].sum(1), predictions.zones[:, 3:].sum(1)
    extent, opacity = predictions.lung_scales[:, 0], predictions.lung_scales[:, 1]
    return {BRIXIA.name: np.stack([right, left], 1), EXTENT.name: extent, OPACITY.name: opacity}


def _overlaps(films: Sequence[Film], predictions: Predictions) -> Overlaps:
    """Return each film's overlap with its mask, which is filled up behind the heart."""
    return [
        []
        if np.isnan(both)
        else [
            LungOverlap(
                HEART_OUT_FILLED if film.heart_in_mask is False else HEART_IN,
                right=float(right),
                left=float(left),
                both=float(both),
                exchanged=float(exchanged),
            )
        ]
        for film, both, (right, left, exchanged) in zip(
            films, predictions.dice, predictions.lungs_apart, strict=True
        )
    ]
