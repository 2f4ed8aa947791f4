"""What the input check turns away, counted on real pictures alone: none drawn, none degraded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate, estimate
from radiograde.training.input_check.picture_kind import KINDS, ORDINARY, kind_of


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
    return [
        _kind(name, source, films)
        for name in KINDS
        for source, films in graded.of(kinds == name).by_source().items()
    ]


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
