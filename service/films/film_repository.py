"""The ledger of films: each one that came in, once, and what became of it.

A film and the work of grading it are recorded in one transaction, and so are a result and its
deliveries: after a crash all of it is there, or none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from radiograde.model.scoring.result import SeverityResult
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import deliveries, films, results
from radiograde.service.films.receipt import FilmSource
from radiograde.service.films.result_repository import row_of
from radiograde.service.queue import WorkQueue


@dataclass(frozen=True, slots=True)
class NewFilm:
    """A film at the door. ``key``: two films with the same one are the same film.

    ``patient``: pseudonym; ``taken``: when the film was taken, in the hospital's own time.
    """

    id: str
    key: str
    source: FilmSource
    size: int
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    patient: str | None = None
    taken: str | None = None


class Known(NamedTuple):
    """A film that came before; ``kept``: whether its bytes are still there."""

    id: str
    kept: bool


class FilmRepository:
    """Keeps the table ``films``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, queue: WorkQueue) -> None:
        self._database = database
        self._queue = queue

    def known(self, key: str) -> Known | None:
        """Return the film that carries a key; None where there is none."""
        query = sa.select(films.c.id, films.c.kept).where(films.c.key == key)
        rows = self._database.read(query)
        return Known(*rows[0]) if rows else None

    def holds(self, sop_class_uid: str, sop_instance_uid: str) -> bool:
        """Return whether an instance of this class and UID was accepted and is still kept."""
        query = sa.select(films.c.id).where(
            films.c.sop_instance_uid == sop_instance_uid,
            films.c.sop_class_uid == sop_class_uid,
            films.c.kept,
        )
        return bool(self._database.read(query.limit(1)))

    def accept(self, film: NewFilm) -> bool:
        """Record a film and the work of grading it; return False where its key is known."""
        row = dataclasses.asdict(film) | {"received": datetime.now(UTC), "state": "waiting"}
        try:
            with self._database.write() as connection:
                connection.execute(sa.insert(films), row)
                self._queue.grade(connection, film.id)
        except IntegrityError:
            return False
        return True

    def answered(self, film: NewFilm, result: SeverityResult, began: datetime) -> None:
        """Record a film that was graded while its sender waited, with its result."""
        error = result.error
        row = dataclasses.asdict(film) | {
            "received": began,
            "state": "graded" if error is None else "failed",
            "reason": error and error.code,
            "attempts": 1,
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(films), row)
            connection.execute(sa.insert(results), row_of(result, began))

    def begin(self, film_id: str) -> int | None:
        """Count one more attempt at grading and return its number; None if nothing is to do."""
        with self._database.write() as connection:
            count = {"attempts": films.c.attempts + 1, **_UNCHANGED}
            connection.execute(_waiting(film_id).values(count))
            query = sa.select(films.c.attempts).where(
                films.c.id == film_id, films.c.state == "waiting"
            )
            attempts: int | None = connection.execute(query).scalar()
        return attempts

    def graded(self, result: SeverityResult, began: datetime, destinations: Sequence[str]) -> None:
        """Keep a film's result, once, and record its delivery to every destination."""
        film_id = str(result.id)
        with self._database.write() as connection:
            if not connection.execute(_waiting(film_id).values(state="graded")).rowcount:
                return
            connection.execute(sa.insert(results), row_of(result, began))
            for destination in destinations:
                connection.execute(sa.insert(deliveries), _first(film_id, destination))
                self._queue.deliver(connection, film_id, destination, attempt=1)

    def failed(self, film_id: str, code: str, result: SeverityResult | None = None) -> None:
        """Mark a film as one that cannot be graded, and keep its result where there is one.

        Its key is free again: sent anew, and whole this time, it is another film.
        """
        values = {"state": "failed", "reason": code, "key": films.c.key + "#" + film_id}
        with self._database.write() as connection:
            changed = connection.execute(_waiting(film_id).values(values)).rowcount
            if changed and result is not None:
                connection.execute(sa.insert(results), row_of(result, datetime.now(UTC)))

    def put_off(self, film_id: str, delay_s: float) -> None:
        """Record that a film that waits is to be graded again, after a pause."""
        query = sa.select(films.c.id).where(films.c.id == film_id, films.c.state == "waiting")
        with self._database.write() as connection:
            if connection.execute(query).first() is not None:
                self._queue.grade(connection, film_id, again=True, delay_s=delay_s)

    def set_aside(self, film_id: str, code: str) -> None:
        """Mark a film as one that is kept and not graded."""
        with self._database.write() as connection:
            connection.execute(_waiting(film_id).values(state="set_aside", reason=code))

    def expired(self, age: timedelta, limit: int = 500) -> list[str]:
        """Return films older than ``age`` with nothing left to do, whose bytes are still kept."""
        unsent = sa.select(deliveries.c.film_id).where(deliveries.c.state != "delivered")
        query = sa.select(films.c.id).where(
            films.c.kept,
            films.c.state != "waiting",
            films.c.received < datetime.now(UTC) - age,
            films.c.id.not_in(unsent),
        )
        return [row.id for row in self._database.read(query.limit(limit))]

    def keep_again(self, film_id: str) -> None:
        """Record that the bytes of a film that were let go are there again."""
        with self._database.write() as connection:
            connection.execute(sa.update(films).where(films.c.id == film_id).values(kept=True))

    def let_go(self, film_ids: Sequence[str]) -> None:
        """Record that the bytes of these films are no longer kept."""
        with self._database.write() as connection:
            gone = sa.update(films).where(films.c.id.in_(film_ids))
            connection.execute(gone.values(kept=False, **_UNCHANGED))

    def unknown(self, film_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that no film and no result has."""
        known: set[str] = set()
        for table in (films, results):
            query = sa.select(table.c.id).where(table.c.id.in_(film_ids))
            known |= {row.id for row in self._database.read(query)}
        return set(film_ids) - known


_UNCHANGED = {"changed": films.c.changed}
"""Of an update that whoever watches the worklist need not hear of."""


def _waiting(film_id: str) -> sa.Update:
    """Return an update that touches the film only while it waits: work done twice counts once."""
    return sa.update(films).where(films.c.id == film_id, films.c.state == "waiting")


def _first(film_id: str, destination: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "film_id": film_id,
        "destination": destination,
        "state": "waiting",
        "begun": now,
        "updated": now,
    }
