"""A fixed sample of graded films, as many of each source, for what is graded again and again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde.data.film import Film
from radiograde.training.evaluation.figures.graded_films import UNNAMED_SOURCE
from radiograde.training.evaluation.served.served_grading import ServedGrading

Mask = NDArray[np.bool_]

A_SOURCE = 40
SEED = 0


@dataclass(frozen=True, slots=True)
class SampleFilm:
    """A film that was scored, with its grading."""

    film: Film
    grading: ServedGrading

    @property
    def source(self) -> str:
        """Where the film comes from."""
        return self.film.source or UNNAMED_SOURCE

    @property
    def score(self) -> float:
        """The global score."""
        return self.grading.brixia

    @property
    def lungs(self) -> Mask:
        """Where the model sees either lung, over the whole film, (h, w)."""
        regions = self.grading.regions
        if regions is None:
            return np.zeros((1, 1), bool)
        right, left, _ = regions.unpacked()
        either: Mask = right | left
        return either


def sample_films(
    films: Sequence[Film], gradings: Sequence[ServedGrading], a_source: int = A_SOURCE
) -> list[SampleFilm]:
    """Return up to ``a_source`` scored films of every source, one a patient.

    Which ones depends on the films alone, in their order.
    """
    order = np.random.default_rng(SEED).permutation(len(films))
    chosen: dict[str, dict[str, SampleFilm]] = defaultdict(dict)
    for number in order:
        one = SampleFilm(films[number], gradings[number])
        of_source = chosen[one.source]
        wanted = one.film.in_scope and one.grading.is_scored
        if wanted and len(of_source) < a_source:
            of_source.setdefault(one.film.patient, one)
    return [one for source in sorted(chosen) for one in chosen[source].values()]
