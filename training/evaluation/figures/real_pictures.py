"""What the input check turns away, counted on real pictures alone: none drawn, none degraded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from radiograde.data.film import OUT_OF_SCOPE, Film
from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.graded_films import GradedFilms, is_child
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate, estimate

ORDINARY = "frontal films of adults"
CHILDREN = "children"
LATERALS = "lateral films"
SPINE = "whole-spine films"
CROSS_SECTIONS = "cross-sections and ultrasound"
OTHERS = "other parts and pictures"

_WORDS = {
    SPINE: ("spine",),
    CROSS_SECTIONS: ("ct", "mr", "ultrasound", "pet"),
}
"""The first word of what a picture out of scope is said to be, by kind."""


@dataclass(frozen=True, slots=True)
class PictureKind:
    """Pictures of one kind and source, and the share (0-1) of them that is turned away.

    ``reasons``: how often each reason's code was given; a picture may have several.
    """

    kind: str
    source: str
    pictures: int
    patients: int
    turned_away: Estimate
    reasons: Mapping[str, int]

    @property
    def is_ordinary(self) -> bool:
        """Whether these should be graded, not turned away."""
        return self.kind == ORDINARY


def picture_kinds(graded: GradedFilms) -> list[PictureKind]:
    """Return each kind of pictures of each source, ordinary films first."""
    kinds = np.array([kind_of(film) for film in graded.films], str)
    names = (ORDINARY, CHILDREN, LATERALS, SPINE, CROSS_SECTIONS, OTHERS)
    return [
        _kind(name, source, films)
        for name in names
        for source, films in graded.of(kinds == name).by_source().items()
    ]


def kind_of(film: Film) -> str:
    """Return what a picture is by its labels."""
    if film.read.startswith(OUT_OF_SCOPE):
        first = film.read.removeprefix(OUT_OF_SCOPE).lstrip(": ").split("_")[0].split(" ")[0]
        fitting = (kind for kind, words in _WORDS.items() if first in words)
        return next(fitting, OTHERS)
    if film.is_lateral:
        return LATERALS
    return CHILDREN if is_child(film) else ORDINARY


def _kind(name: str, source: str, graded: GradedFilms) -> PictureKind:
    away = graded.turned_away | graded.failed
    return PictureKind(
        name,
        source,
        len(graded.films),
        len(set(graded.patients)),
        estimate(statistics.mean, graded.patients, away.astype(float)),
        dict(Counter(code for codes in graded.rejected_for for code in codes).most_common()),
    )
