"""What is going on, for people and programs: each film with its deliveries; and to try again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import FilmState, deliveries, films, results
from radiograde.service.delivery.delivery_repository import Delivery
from radiograde.service.films.receipt import FilmSource
from radiograde.service.queue import WorkQueue

JobState = Literal["waiting", "graded", "set_aside", "failed", "undelivered", "parked"]
"""A film's state, or that of a delivery of its result."""

_OF_DELIVERY = {"undelivered": "waiting", "parked": "parked"}


@dataclass(frozen=True, slots=True)
class Job:
    """A film's way through the house. ``reason``: the code why it was set aside or failed."""

    id: str
    received: datetime
    source: FilmSource
    size: int
    state: FilmState
    reason: str | None
    attempts: int
    deliveries: tuple[Delivery, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the job as plain JSON types."""
        return {
            "id": self.id,
            "received": self.received.isoformat(),
            "door": self.source,
            "bytes": self.size,
            "state": self.state,
            "reason": self.reason,
            "attempts": self.attempts,
            "deliveries": [
                {
                    "destination": delivery.destination,
                    "state": delivery.state,
                    "attempts": delivery.attempts,
                    "updated": delivery.updated.isoformat(),
                    "error": delivery.error,
                    "message": delivery.message,
                }
                for delivery in self.deliveries
            ],
        }


class Jobs:
    """Looks into the ledgers; every method raises StoreError where the database does not answer."""

    def __init__(self, database: Database, queue: WorkQueue) -> None:
        self._database = database
        self._queue = queue

    def page(
        self, limit: int, before: str | None = None, state: JobState | None = None
    ) -> list[Job]:
        """Return up to ``limit`` jobs, newest first, older than the id ``before``."""
        query = sa.select(films).order_by(films.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(films.c.id < before)
        if state in _OF_DELIVERY:
            chosen = deliveries.c.state == _OF_DELIVERY[state]
            query = query.where(films.c.id.in_(sa.select(deliveries.c.film_id).where(chosen)))
        elif state is not None:
            query = query.where(films.c.state == state)
        return self._with_deliveries(self._database.read(query))

    def get(self, film_id: str) -> Job:
        """Return one job. Raises NotFoundError."""
        rows = self._database.read(sa.select(films).where(films.c.id == film_id))
        if not rows:
            raise _unknown()
        return self._with_deliveries(rows)[0]

    def counts(self) -> dict[JobState, int]:
        """Return how many films are in each state, and how many have deliveries to come."""
        by_film = sa.select(films.c.state, sa.func.count()).group_by(films.c.state)
        by_delivery = sa.select(
            deliveries.c.state, sa.func.count(sa.distinct(deliveries.c.film_id))
        ).group_by(deliveries.c.state)
        told: dict[JobState, int] = dict.fromkeys(
            ("waiting", "graded", "set_aside", "failed", "undelivered", "parked"), 0
        )
        told |= dict(tuple(row) for row in self._database.read(by_film))
        found = dict(tuple(row) for row in self._database.read(by_delivery))
        return told | {name: found.get(state, 0) for name, state in _OF_DELIVERY.items()}  # type: ignore[return-value]

    def stopped(self) -> list[str]:
        """Return the ids of all films that failed or have parked deliveries, oldest first."""
        parked = sa.select(deliveries.c.film_id).where(deliveries.c.state == "parked")
        query = sa.select(films.c.id).where(
            sa.or_(films.c.state == "failed", films.c.id.in_(parked))
        )
        return [row.id for row in self._database.read(query.order_by(films.c.id))]

    def retry(self, film_id: str) -> int:
        """Set a failed grading or parked deliveries going again; return how many.

        Raises:
            NotFoundError: no such film.
        """
        with self._database.write() as connection:
            film = connection.execute(sa.select(films).where(films.c.id == film_id)).first()
            if film is None:
                raise _unknown()
            if film.state == "failed" and film.kept:
                return self._grade_again(connection, film_id)
            return self._deliver_again(connection, film_id)

    def _grade_again(self, connection: sa.Connection, film_id: str) -> int:
        connection.execute(sa.delete(results).where(results.c.id == film_id))
        connection.execute(
            sa.update(films)
            .where(films.c.id == film_id)
            .values(state="waiting", reason=None, attempts=0)
        )
        self._queue.grade(connection, film_id, again=True)
        return 1

    def _deliver_again(self, connection: sa.Connection, film_id: str) -> int:
        parked = sa.and_(deliveries.c.film_id == film_id, deliveries.c.state == "parked")
        rows = list(connection.execute(sa.select(deliveries).where(parked)))
        now = datetime.now(UTC)
        connection.execute(
            sa.update(deliveries).where(parked).values(state="waiting", begun=now, updated=now)
        )
        for row in rows:
            self._queue.deliver(connection, film_id, row.destination, attempt=row.attempts + 1)
        return len(rows)

    def _with_deliveries(self, rows: Sequence[Any]) -> list[Job]:
        found: dict[str, list[Delivery]] = {row.id: [] for row in rows}
        query = sa.select(deliveries).where(deliveries.c.film_id.in_(found))
        for row in self._database.read(query.order_by(deliveries.c.destination)):
            found[row.film_id].append(Delivery(*row))
        return [
            Job(
                row.id,
                row.received,
                row.source,
                row.size,
                row.state,
                row.reason,
                row.attempts,
                tuple(found[row.id]),
            )
            for row in rows
        ]


def _unknown() -> NotFoundError:
    return NotFoundError("No film has this id. GET /v1/jobs lists those that came in.")
