"""What is going on, for people and programs: each film with its deliveries; and to try again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.service.config.site import FilmSource
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import FilmState, deliveries, film_counts, films
from radiograde.service.delivery.delivery_repository import Delivery, DeliveryRepository
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.errors import NotDeliverableError, UnknownDestinationError
from radiograde.service.films.film_repository import FILMS, Film, FilmRepository
from radiograde.service.projects.film_access import EVERY_FILM, FilmAccess

JobState = Literal["waiting", "graded", "set_aside", "failed", "undelivered", "parked"]
"""A film's state, or that of a delivery of its result."""

_OF_DELIVERY = {"undelivered": "waiting", "parked": "parked"}


@dataclass(frozen=True, slots=True)
class _Count:
    state: str
    films: int


@dataclass(frozen=True, slots=True)
class Job:
    """A film that came in, and what becomes of its result.

    ``source``: the first that it came by. ``sender``: AE title, name of a key or user, address,
    or watched folder. ``reason``: code why it was set aside or failed. ``shares_uid_with``: the
    film that came before under the same SOP Instance UID, with other content.
    """

    id: str
    received: datetime
    source: FilmSource
    size: int
    state: FilmState
    reason: str | None
    attempts: int
    sender: str | None
    study_instance_uid: str | None
    shares_uid_with: str | None
    deliveries: tuple[Delivery, ...] = ()

    @staticmethod
    def of(film: Film, deliveries: Iterable[Delivery]) -> Job:
        """Return the job of a film."""
        return Job(
            film.id,
            film.received,
            film.source,
            film.size,
            film.state,
            film.reason,
            film.attempts,
            film.sender,
            film.study_instance_uid,
            film.shares_uid_with,
            tuple(deliveries),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the job as plain JSON types, without its study.

        ``door`` is the former name of ``source``.
        """
        return {
            "id": self.id,
            "received": self.received.isoformat(),
            "source": self.source,
            "door": self.source,
            "sender": self.sender,
            "shares_uid_with": self.shares_uid_with,
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
    """Films as jobs; every method raises StoreError where the database does not answer."""

    def __init__(
        self,
        database: Database,
        films: FilmRepository,
        deliveries: DeliveryRepository,
        routing: RoutingRules,
    ) -> None:
        self._database = database
        self._films = films
        self._deliveries = deliveries
        self._routing = routing

    def page(
        self,
        limit: int,
        before: str | None = None,
        state: JobState | None = None,
        access: FilmAccess = EVERY_FILM,
    ) -> list[Job]:
        """Return up to ``limit`` jobs, newest first, older than the id ``before``."""
        query = FILMS.where(*access.within(films.c.id)).order_by(films.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(films.c.id < before)
        if state in _OF_DELIVERY:
            query = query.where(
                films.c.id.in_(_with_delivery(_OF_DELIVERY[state], limit, before, access))
            )
        elif state is not None:
            query = query.where(films.c.state == state)
        return self._with_deliveries(self._database.rows(query, Film))

    def get(self, film_id: str) -> Job:
        """Return one job. Raises NotFoundError."""
        film = self._database.first(FILMS.where(films.c.id == film_id), Film)
        if film is None:
            raise _unknown()
        return self._with_deliveries([film])[0]

    def counts(self, access: FilmAccess = EVERY_FILM) -> dict[JobState, int]:
        """Return how many films are in each state, and how many have deliveries to come."""
        to_come = deliveries.c.state.in_(_OF_DELIVERY.values())
        by_delivery = sa.select(
            deliveries.c.state, sa.func.count(sa.distinct(deliveries.c.film_id)).label("films")
        ).where(to_come, *access.within(deliveries.c.film_id))
        found = (
            self._database.rows(_by_state(access), _Count),
            self._database.rows(by_delivery.group_by(deliveries.c.state), _Count),
        )
        in_state, in_delivery = ({one.state: one.films for one in counts} for counts in found)
        return {
            "waiting": in_state.get("waiting", 0),
            "graded": in_state.get("graded", 0),
            "set_aside": in_state.get("set_aside", 0),
            "failed": in_state.get("failed", 0),
            "undelivered": in_delivery.get("waiting", 0),
            "parked": in_delivery.get("parked", 0),
        }

    def stopped(self) -> list[str]:
        """Return the ids of all films that failed or have parked deliveries, oldest first."""
        parked = sa.select(deliveries.c.film_id).where(deliveries.c.state == "parked")
        query = sa.select(films.c.id).where(
            sa.or_(films.c.state == "failed", films.c.id.in_(parked))
        )
        return self._database.values(query.order_by(films.c.id), str)

    def retry(self, film_id: str) -> int:
        """Set a failed grading or parked deliveries going again; return how many.

        Raises:
            NotFoundError: no such film.
        """
        with self._database.write() as connection:
            film = self._films.get(connection, film_id)
            if film is None:
                raise _unknown()
            if film.state == "failed" and film.kept:
                self._films.start_over(connection, film_id)
                return 1
            return self._deliveries.retry(connection, film_id)

    def deliver(self, film_id: str, destinations: Sequence[str] | None = None) -> Job:
        """Have a film's result delivered to all destinations, or to these, and return the job.

        What was or is being delivered is left alone; what is parked is set going again.

        Raises:
            NotFoundError: no such film.
            UnknownDestinationError: the site file has no destination of a name.
            NotDeliverableError: the film has no result or is no longer kept, or there is no
                destination.
        """
        names = self._routing.names if destinations is None else list(destinations)
        unknown = sorted(set(names) - set(self._routing.names))
        if unknown:
            raise UnknownDestinationError(
                f"The site file has no destination {', '.join(unknown)}. "
                f"It has {', '.join(self._routing.names) or 'none'}."
            )
        with self._database.write() as connection:
            self._check_deliverable(self._films.get(connection, film_id), names)
            self._deliveries.retry(connection, film_id, names)
            self._deliveries.plan(connection, film_id, names)
        return self.get(film_id)

    @staticmethod
    def _check_deliverable(film: Film | None, names: Sequence[str]) -> None:
        if film is None:
            raise _unknown()
        if film.state != "graded":
            raise NotDeliverableError("This film has no result yet, or none at all.")
        if not film.kept:
            raise NotDeliverableError("The film of this result is no longer kept. Send it again.")
        if not names:
            raise NotDeliverableError("The site file names no destination. Add one to it.")

    def _with_deliveries(self, found: Sequence[Film]) -> list[Job]:
        of_film: dict[str, list[Delivery]] = {film.id: [] for film in found}
        for delivery in self._deliveries.of_films(of_film):
            of_film[delivery.film_id].append(delivery)
        return [Job.of(film, of_film[film.id]) for film in found]


def _by_state(access: FilmAccess) -> sa.Select[Any]:
    """Return the query for how many films are in each state; of all they are counted as they come.

    Films are counted where an access is limited, which are few.
    """
    if access.is_limited:
        count = sa.cast(sa.func.count(), sa.Integer)
        counted = sa.select(films.c.state, count.label("films"))
        return counted.where(*access.within(films.c.id)).group_by(films.c.state)
    count = sa.cast(sa.func.sum(film_counts.c.films), sa.Integer)
    return sa.select(film_counts.c.state, count.label("films")).group_by(film_counts.c.state)


def _with_delivery(
    state: str, limit: int, before: str | None, access: FilmAccess
) -> sa.Select[tuple[str]]:
    """Return the query for the newest films that have a delivery in a state."""
    in_state = (deliveries.c.state == state, *access.within(deliveries.c.film_id))
    query = sa.select(deliveries.c.film_id).where(*in_state).distinct()
    if before is not None:
        query = query.where(deliveries.c.film_id < before)
    return query.order_by(deliveries.c.film_id.desc()).limit(limit)


def _unknown() -> NotFoundError:
    return NotFoundError("No film has this id. GET /v1/jobs lists those that came in.")
