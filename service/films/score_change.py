"""Is a patient's film better or worse than the one before? Said only where the model can tell.

A model that grades an unchanged patient twice gives two scores. What lies between them in 95 of
100 cases is its repeatability limit (the repeatability coefficient of Bland and Altman), and only
a change beyond that is called one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from radiograde.service.config.rules import ChangeVerdict
from radiograde.service.result_schema import Schema, Ulid

if TYPE_CHECKING:  # ONNX Runtime, which who only compares does not need
    from radiograde.model.scoring.scorer import Scorer


Verdict = ChangeVerdict


@dataclass(frozen=True, slots=True)
class Score:
    """A film's global score, and the sha256 of the model that gave it."""

    film_id: str
    brixia: float
    model_sha256: str | None


@dataclass(frozen=True, slots=True)
class RepeatabilityLimit:
    """The model in service, and its repeatability limit; None where it was not measured."""

    model_sha256: str
    repeatability: float | None

    @classmethod
    def of(cls, scorer: Scorer) -> RepeatabilityLimit:
        """Return the limit of the model that a scorer has."""
        return cls(scorer.facts.sha256, scorer.metadata.thresholds.repeatability)


class Change(Schema):
    """How the score differs from that of an earlier film."""

    since: Ulid
    delta: float = Field(description="Above 0: more is involved")
    verdict: Verdict


def compare(before: Score, after: Score, limit: RepeatabilityLimit) -> Change:
    """Return the change between two films.

    Scores of two models are not compared (``other_model``). Of a model that is no longer in
    service, or whose limit was not measured, nothing is said (``not_known``).
    """
    delta = round(after.brixia - before.brixia, 2)
    return Change(since=before.film_id, delta=delta, verdict=_verdict(before, after, delta, limit))


def _verdict(before: Score, after: Score, delta: float, limit: RepeatabilityLimit) -> Verdict:
    if before.model_sha256 != after.model_sha256:
        return "other_model"
    if after.model_sha256 != limit.model_sha256 or limit.repeatability is None:
        return "not_known"
    if abs(delta) <= limit.repeatability:
        return "no_certain_change"
    return "worse" if delta > 0 else "better"
