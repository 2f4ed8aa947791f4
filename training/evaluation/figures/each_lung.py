"""Each lung graded on its own: whether it agrees with the readers' lung, and with the right one.

A film's total can be right while its lungs are exchanged. So the right and the left lung stand
apart, and so does their difference: which lung is worse, and by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiograde.data.film import Film
from radiograde.data.label_scales import LUNGS
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONES, Scale
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.graded_films import GradedFilms, Rows
from radiograde.training.evaluation.figures.patient_bootstrap import (
    NOT_MEASURED,
    Array,
    Estimate,
    estimate,
)

SCALES = (BRIXIA, EXTENT, OPACITY)
OWN_SCALE = "its score on this scale"
BY_ZONES = "its zones, summed"
APART = 0.125
"""Readers see one lung as the worse one where it is worse by this share of a lung's scale."""

FEWEST = 5


@dataclass(frozen=True, slots=True)
class LungScores:
    """Lungs of a source's films beside the readers' mean of each lung.

    ``graded_by``: what of the lung is compared; where a model has no score of the lung on this
    scale, the sum of its zones, which has no error in points. ``right``, ``left``, ``difference``:
    correlations, the last of right minus left. ``worse``: films of which readers see one lung as
    the worse one. ``same_side``: share (0-1) of them in which that lung is graded worse too.
    """

    scale: str
    graded_by: str
    films: int
    patients: int
    mae: Estimate
    right: Estimate
    left: Estimate
    difference: Estimate
    worse: int
    same_side: Estimate


def lung_scores(graded: GradedFilms) -> list[LungScores]:
    """Return the figures of every scale on which readers graded each lung."""
    found = (_of_scale(graded, scale) for scale in SCALES)
    return [one for one in found if one is not None]


def readers_of_lungs(films: Sequence[Film], scale: Scale) -> Array:
    """Return the readers' mean of the right and the left lung (N, 2), points of a lung's scale.

    NaN where no reader graded both lungs.
    """
    return np.array([_readers_mean(film, scale) for film in films], float).reshape(-1, 2)


def _readers_mean(film: Film, scale: Scale) -> list[float]:
    readers = dict.fromkeys(one.reader for one in film.readings if one.scale == scale.name)
    grades = [[_lung(film, scale, reader, side) for side in (0, 1)] for reader in readers]
    both = [pair for pair in grades if not np.isnan(pair).any()]
    return np.mean(both, 0).tolist() if both else [np.nan, np.nan]


def _lung(film: Film, scale: Scale, reader: str, side: int) -> float:
    """Return one reader's grade of a lung, summed over its zones where there are only those."""
    sites = film.grades(scale.name, reader)
    for parts in ((LUNGS[side],), ZONES[3 * side : 3 * side + 3]):
        if all(part in sites for part in parts):
            top = sum(sites[part].top for part in parts)
            return sum(sites[part].value for part in parts) * scale.high / 2 / top
    return np.nan


def _of_scale(graded: GradedFilms, scale: Scale) -> LungScores | None:
    readers = readers_of_lungs(graded.films, scale)
    own = graded.lungs.get(scale.name)
    ours = graded.lungs.get(BRIXIA.name) if own is None else own
    if ours is None:
        return None
    known: Rows = ~np.isnan((ours + readers).sum(1))
    if known.sum() < FEWEST:
        return None
    patients = graded.patients
    difference, theirs = ours[:, 0] - ours[:, 1], readers[:, 0] - readers[:, 1]
    apart = np.abs(theirs) >= APART * scale.high / 2
    same = np.where(apart & known, np.sign(difference) == np.sign(theirs), np.nan)
    error = np.abs(ours - readers).mean(1)
    return LungScores(
        scale.name,
        BY_ZONES if own is None else OWN_SCALE,
        int(known.sum()),
        len({patient for patient, one in zip(patients, known, strict=True) if one}),
        NOT_MEASURED if own is None else estimate(statistics.mean, patients, error),
        estimate(statistics.pearson, patients, ours[:, 0], readers[:, 0]),
        estimate(statistics.pearson, patients, ours[:, 1], readers[:, 1]),
        estimate(statistics.pearson, patients, difference, theirs),
        int((apart & known).sum()),
        estimate(statistics.mean, patients, same),
    )
