"""What a reader is shown of films before grading them: no score, and nothing made of one."""

from __future__ import annotations

from collections.abc import Container

from radiograde.service.films.score_change import Change
from radiograde.service.worklist.history import HistoryFilm, PatientHistory
from radiograde.service.worklist.listed_film import Row

_NOTHING = {"severity": None, "brixia": None, "review": None, "unread": True}
"""A review may correct the score, and agreeing with it says that it is likely."""


def blinded_row(row: Row) -> Row:
    """Return a film of the worklist without its score and what readers say of it."""
    return row.model_copy(update=_NOTHING)


def blinded_history(history: PatientHistory, read: Container[str]) -> PatientHistory:
    """Return a patient's films, without the scores of those that are not among the ``read``.

    A change is left out with the score of either film.
    """
    films = [_blinded_film(film, read) for film in history.films]
    return history.model_copy(update={"films": films})


def _blinded_film(film: HistoryFilm, read: Container[str]) -> HistoryFilm:
    if film.status == "scored" and film.id not in read:
        return film.model_copy(update={**_NOTHING, "change": None, "since_first": None})
    changes = {"change": film.change, "since_first": film.since_first}
    return film.model_copy(update={name: _known(one, read) for name, one in changes.items()})


def _known(change: Change | None, read: Container[str]) -> Change | None:
    return change if change is not None and change.since in read else None
