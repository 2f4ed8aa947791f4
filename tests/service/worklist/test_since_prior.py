"""What is said of a change is what the history is sure of."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from radiograde.service.documents.statement.facts import ChangeSince
from radiograde.service.films.score_change import Change, Verdict
from radiograde.service.worklist.history import HistoryFilm, PatientHistory
from radiograde.service.worklist.since_prior import change_since_prior

BEFORE, AFTER = "01JARADMZ00000000000000000", "01JARADMZ00000000000000001"


def film(id: str, taken: str | None, change: Change | None = None) -> HistoryFilm:
    return HistoryFilm(
        id=id,
        taken=taken,
        received="2026-03-04T05:06:07+00:00",
        status="scored",
        view="PA",
        severity="mild",
        brixia=None,
        kept=True,
        machine=None,
        prior=False,
        review=None,
        change=change,
        since_first=None,
    )


def history(verdict: Verdict, taken: str | None = "2026-03-03T10:00:00") -> PatientHistory:
    change = Change(since=BEFORE, delta=1.0, verdict=verdict)
    films = [film(BEFORE, taken), film(AFTER, "2026-03-04", change)]
    return PatientHistory(repeatability=2.0, films=films)


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_only_what_is_assessed_is_said(verdict: Verdict) -> None:
    said = change_since_prior(history(verdict), AFTER)
    trends = {"better": "less", "worse": "more", "no_certain_change": "uncertain"}
    if verdict in trends:
        assert said is not None
        assert said.trend == trends[verdict]
        assert said.day == date(2026, 3, 3)
    else:
        assert said is None


def test_a_prior_film_may_have_no_day() -> None:
    assert change_since_prior(history("worse", None), AFTER) == ChangeSince("more", None)


@pytest.mark.parametrize("id", [BEFORE, "01JARADMZ00000000000000002"])
def test_of_a_first_film_and_of_one_that_is_not_there_nothing_is_said(id: str) -> None:
    assert change_since_prior(history("worse"), id) is None
