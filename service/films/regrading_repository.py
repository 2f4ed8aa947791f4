"""The table of regradings: results of other models beside a film's own, and those to come.

What waits in it is the work itself: whoever does it takes one in hand, and says what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.programme_tables import RegradingState, regradings
from radiograde.service.database.rows import columns_of, first_of, in_parts
from radiograde.service.database.tables import films, results
from radiograde.service.films.score_change import Score

IN_HAND = timedelta(minutes=15)
"""After which a worker that took a film in hand is taken for gone."""


@dataclass(frozen=True, slots=True)
class Regrading:
    """A film that is to be graded by a model. ``starts``: how often that was begun before."""

    film_id: str
    model: str
    deliver: bool
    starts: int


@dataclass(frozen=True, slots=True)
class ResultBeside:
    """A result that stands beside a film's own; ``document``: its JSON."""

    film_id: str
    model: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many films a model has graded so, has to grade, or could not."""

    model: str
    state: RegradingState
    films: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Graded films of some days: ids of those to be graded, and how many need or allow none.

    ``known``: have a result of the model. ``waiting``: were asked for. ``gone``: no longer kept.
    """

    film_ids: tuple[str, ...]
    known: int
    waiting: int
    gone: int


@dataclass(frozen=True, slots=True)
class _Film:
    id: str
    kept: bool
    graded_by: str
    state: RegradingState | None


class RegradingRepository:
    """Keeps ``regradings``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def wanted(self, model: str, since: date, until: date, *, deliver: bool = False) -> Wanted:
        """Return which films of these days a model has to grade.

        ``deliver``: a result that stands beside the film's own is not enough.
        """
        mine = sa.and_(regradings.c.film_id == films.c.id, regradings.c.model == model)
        graded = films.join(results, results.c.id == films.c.id).outerjoin(regradings, mine)
        query = sa.select(
            films.c.id, films.c.kept, results.c.model_sha256.label("graded_by"), regradings.c.state
        ).select_from(graded)
        days = films.c.day.between(since.isoformat(), until.isoformat())
        query = query.where(days, films.c.state == "graded").order_by(films.c.id)
        known, waiting, gone, ids = 0, 0, 0, []
        for film in self._database.rows(query, _Film):
            if film.graded_by == model or (film.state == "done" and not deliver):
                known += 1
            elif not film.kept:
                gone += 1
            elif film.state == "waiting":
                waiting += 1
            else:
                ids.append(film.id)
        return Wanted(tuple(ids), known, waiting, gone)

    def ask(self, film_ids: Iterable[str], model: str, *, deliver: bool = False) -> None:
        """Record that a model is to grade films; what failed or stands beside is graded anew."""
        row = {"model": model, "state": "waiting", "deliver": deliver, "starts": 0}
        for some in in_parts(film_ids):
            former = sa.delete(regradings).where(
                regradings.c.film_id.in_(some), regradings.c.model == model
            )
            with self._database.write() as connection:
                connection.execute(former)
                connection.execute(sa.insert(regradings), [{**row, "film_id": id} for id in some])

    def take(self) -> Regrading | None:
        """Take the next one in hand, and return it; None where none waits, or a film does.

        Films that have no result go first.
        """
        now = datetime.now(UTC)
        free = sa.or_(regradings.c.begun.is_(None), regradings.c.begun < now - IN_HAND)
        live = sa.exists().where(films.c.state == "waiting")
        query = sa.select(*columns_of(regradings, Regrading))
        query = query.where(regradings.c.state == "waiting", free, ~live)
        query = query.order_by(regradings.c.film_id).limit(1)
        if not self._database.exists(query):  # most of the time: nobody is held up by a look
            return None
        with self._database.write() as connection:
            one = first_of(connection, query.with_for_update(), Regrading)
            if one is not None:
                begun = sa.update(regradings).where(*_is(one.film_id, one.model))
                connection.execute(begun.values(begun=now, starts=one.starts + 1))
        return one

    def put_back(self, one: Regrading) -> None:
        """Give back what came to nothing by no fault of the film: it is due again at once."""
        back = sa.update(regradings).where(*_is(one.film_id, one.model))
        with self._database.write() as connection:
            connection.execute(back.values(begun=None, starts=one.starts))

    def failed(self, one: Regrading, reason: str) -> None:
        """Record that a film could not be graded; ``reason``: a code."""
        ended = sa.update(regradings).where(*_is(one.film_id, one.model))
        with self._database.write() as connection:
            connection.execute(ended.values(state="failed", begun=None, reason=reason))

    def of_films(self, film_ids: Iterable[str], model: str) -> dict[str, ResultBeside]:
        """Return results by a model that stand beside those of films, by film id."""
        query = sa.select(*columns_of(regradings, ResultBeside)).where(
            regradings.c.model == model, regradings.c.state == "done"
        )
        return {
            one.film_id: one
            for some in in_parts(film_ids)
            for one in self._database.rows(
                query.where(regradings.c.film_id.in_(some)), ResultBeside
            )
        }

    def progress(self) -> list[Progress]:
        """Return how far regrading is, by model and state."""
        count = sa.cast(sa.func.count(), sa.Integer).label("films")
        query = sa.select(regradings.c.model, regradings.c.state, count)
        grouped = query.group_by(regradings.c.model, regradings.c.state)
        return self._database.rows(
            grouped.order_by(regradings.c.model, regradings.c.state), Progress
        )


def keep_beside(
    connection: sa.Connection, film_id: str, document: Mapping[str, Any], graded: datetime
) -> None:
    """Keep a result beside a film's own, in a transaction that its caller ends.

    ``document``: the result's JSON, which names its model. ``graded``: when its analysis began.
    """
    model = document["model"]["sha256"]
    connection.execute(sa.delete(regradings).where(*_is(film_id, model)))
    row = {
        "film_id": film_id,
        "model": model,
        "state": "done",
        "deliver": False,
        "starts": 0,
        "graded": graded,
        "document": dict(document),
    }
    connection.execute(sa.insert(regradings), row)


def score_beside(connection: sa.Connection, film_id: str, model: str) -> Score | None:
    """Return the score that a model gave a film beside its own result; None where it gave none."""
    query = sa.select(*columns_of(regradings, ResultBeside)).where(*_is(film_id, model))
    one = first_of(connection, query.where(regradings.c.state == "done"), ResultBeside)
    scores = None if one is None else one.document.get("scores")
    return None if scores is None else Score(film_id, scores["brixia"]["value"], model)


def forget_beside(connection: sa.Connection, film_id: str, model: str) -> None:
    """Remove what stands beside a film's own result, since that is by this model now."""
    connection.execute(sa.delete(regradings).where(*_is(film_id, model)))


def _is(film_id: str, model: str) -> tuple[sa.ColumnElement[bool], ...]:
    return regradings.c.film_id == film_id, regradings.c.model == model
