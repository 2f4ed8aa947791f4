"""What is said of a film's change since the patient's prior film: what the history is sure of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from radiograde.service.documents.statement.facts import ChangeSince, Trend
from radiograde.service.films.score_change import Verdict
from radiograde.service.worklist.history import PatientHistory

TRENDS: Mapping[Verdict, Trend] = {
    "better": "less",
    "worse": "more",
    "no_certain_change": "uncertain",
}
"""Verdicts that are put into words; of the others nothing is said."""


def change_since_prior(history: PatientHistory, film_id: str) -> ChangeSince | None:
    """Return how a film differs from the scored one before it; None where that is not known.

    That is: there is none, another model graded it, or the model's repeatability is not known.
    """
    by_id = {film.id: film for film in history.films}
    change = by_id[film_id].change if film_id in by_id else None
    if change is None or change.verdict not in TRENDS:
        return None
    acquired = by_id[change.since].taken
    day = None if acquired is None else date.fromisoformat(acquired[:10])
    return ChangeSince(TRENDS[change.verdict], day)
