"""Is a patient's film better or worse than the one before? Only where the model can tell.

A model that grades an unchanged patient twice gives two scores. What lies between them in 95 of
100 cases is its repeatability limit (the repeatability coefficient of Bland and Altman), and only
a change beyond that is called one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["better", "worse", "no_certain_change", "other_model", "not_known"]


@dataclass(frozen=True, slots=True)
class Score:
    """A film's global score, and the sha256 of the model that gave it."""

    film_id: str
    brixia: float
    model_sha256: str


@dataclass(frozen=True, slots=True)
class RepeatabilityLimit:
    """The model in service, and its repeatability limit; None where it was not measured."""

    model_sha256: str
    repeatability: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """How a score differs from that of the film ``since``; ``delta`` > 0: more is involved."""

    since: str
    delta: float
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """Return the change as plain JSON types."""
        return {"since": self.since, "delta": self.delta, "verdict": self.verdict}


def change(before: Score, after: Score, repeatability: RepeatabilityLimit) -> Change:
    """Return the change between two films.

    Scores of two models are not compared (``other_model``). Of a model that is no longer in
    service, or whose limit was not measured, nothing is said (``not_known``).
    """
    delta = round(after.brixia - before.brixia, 2)
    return Change(before.film_id, delta, _verdict(before, after, delta, repeatability))


def _verdict(
    before: Score, after: Score, delta: float, repeatability: RepeatabilityLimit
) -> Verdict:
    if before.model_sha256 != after.model_sha256:
        return "other_model"
    if after.model_sha256 != repeatability.model_sha256 or repeatability.repeatability is None:
        return "not_known"
    if abs(delta) <= repeatability.repeatability:
        return "no_certain_change"
    return "worse" if delta > 0 else "better"
