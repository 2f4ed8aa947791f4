"""What a model file's network says of films, before rounding, beside readers' scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radiograde.data.film import Film
from radiograde.model.errors import RadiogradeError
from radiograde.model.scoring.scales import BRIXIA, EXTENT, OPACITY, ZONE, ZONES, Scale
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.evaluation.figures.graded_films import reader_grades
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.evaluation.served.served_grading import read_as_served
from radiograde.training.progress import followed

_NUMBERS = len(ZONES) + 2
_SPREADS = len(ZONES) + 3


@dataclass(frozen=True, slots=True)
class ScaleScores:
    """One scale of N films that a model graded and readers scored.

    ``parts``: (N, Z) what the curve is applied to, in points up to ``top``: six zones, or the scale
    itself. ``spread``: (N,) how uncertain the total is. ``reference``: (N,) the readers' mean.
    """

    scale: Scale
    top: float
    parts: Array
    spread: Array
    reference: Array
    patients: Sequence[str]

    @property
    def values(self) -> Array:
        """The model's totals (N,)."""
        total: Array = self.parts.sum(1)
        return total


def network_scores(scorer: Scorer, films: Sequence[Film]) -> dict[str, ScaleScores]:
    """Return each scale's scores by its name, of ordinary films that were graded and scored."""
    inside = [film for film in films if film.in_scope]
    rows = followed(inside, "Grading", len(inside), stderr=True)
    numbers = np.array([_numbers(scorer, film) for film in rows]).reshape(-1, _NUMBERS + _SPREADS)
    zones, spread = numbers[:, : len(ZONES)], numbers[:, _NUMBERS + len(ZONES) :]
    columns = (
        (BRIXIA, ZONE.high, zones),
        (EXTENT, EXTENT.high, numbers[:, [len(ZONES)]]),
        (OPACITY, OPACITY.high, numbers[:, [len(ZONES) + 1]]),
    )
    found = {}
    for place, (scale, top, parts) in enumerate(columns):
        reference = reader_grades(inside, scale)[1]
        known = ~np.isnan(parts.sum(1) + reference)
        patients = [film.patient for film, one in zip(inside, known, strict=True) if one]
        found[scale.name] = ScaleScores(
            scale, top, parts[known], spread[known, place], reference[known], patients
        )
    return found


def _numbers(scorer: Scorer, film: Film) -> tuple[float, ...]:
    """Return zones, extent, opacity and the nine spreads; NaN where the film is not graded."""
    nothing = (np.nan,) * (_NUMBERS + _SPREADS)
    try:
        result = scorer.score(read_as_served(film))
    except RadiogradeError:
        return nothing
    trace = result.trace
    if result.status != "scored" or trace is None or trace.network is None or trace.passes is None:
        return nothing
    return (*trace.network, *trace.passes)
