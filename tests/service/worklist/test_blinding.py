"""Of a film that is unread no score is shown, nor a change that one could be worked out from."""

from __future__ import annotations

from radiograde.service.films.score_change import Change
from radiograde.service.worklist.blinding import blinded_history, blinded_row
from radiograde.service.worklist.history import HistoryFilm, PatientHistory
from radiograde.service.worklist.listed_film import GlobalScore, Row, RowReview

IDS = [f"01JARADMZ0000000000000000{number}" for number in range(3)]
SCORE = GlobalScore(value=9.8, interval=(5.1, 14.5), range=(0, 18))
REVIEW = RowReview(verdict="corrected", reviewer="kim", created="2026-03-04", brixia=9)
RECEIVED = "2026-03-04T05:06:07+00:00"


def change(since: str) -> Change:
    return Change(since=since, delta=1.5, verdict="worse")


def film(number: int) -> HistoryFilm:
    """Return a film that was compared with the one before it, and with the first."""
    return HistoryFilm(
        id=IDS[number],
        taken=None,
        received=RECEIVED,
        status="scored",
        view="PA",
        machine=None,
        severity="moderate",
        brixia=SCORE,
        kept=True,
        prior=False,
        review=REVIEW,
        change=change(IDS[number - 1]) if number else None,
        since_first=change(IDS[0]) if number > 1 else None,
    )


HISTORY = PatientHistory(repeatability=2.0, films=[film(number) for number in range(3)])


def test_a_row_loses_score_severity_and_review_and_nothing_else() -> None:
    row = Row(
        id=IDS[0],
        received=RECEIVED,
        taken=None,
        door="dicom",
        status="scored",
        view="PA",
        severity="moderate",
        brixia=SCORE,
        reasons=[],
        error=None,
        patient=None,
        kept=True,
        prior=False,
        review=REVIEW,
        delivery="sent",
    )
    hidden = {"severity": None, "brixia": None, "review": None, "unread": True}
    assert blinded_row(row).to_json() == row.to_json() | hidden


def test_a_change_is_shown_where_both_of_its_films_were_read() -> None:
    shown = blinded_history(HISTORY, {IDS[0], IDS[2]}).films
    assert [one.brixia for one in shown] == [SCORE, None, SCORE]
    assert [one.severity for one in shown] == ["moderate", None, "moderate"]
    assert [one.review for one in shown] == [REVIEW, None, REVIEW]
    assert [one.unread for one in shown] == [False, True, False]
    assert [one.change for one in shown] == [None, None, None]
    assert shown[2].since_first == change(IDS[0])


def test_whoever_has_read_all_is_shown_all() -> None:
    assert blinded_history(HISTORY, set(IDS)) == HISTORY
