"""The table of deliveries: what became of each result's way to each destination."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.service.config.site import DocumentKind
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of, first_of, rows_of
from radiograde.service.database.tables import DeliveryState, deliveries
from radiograde.service.delivery.routing import Route
from radiograde.service.errors import DeliveryError
from radiograde.service.queue import NORMAL, PRIORITIES, WorkQueue


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a result's way to one destination has come to.

    ``attempts``: those that ended. ``starts``: those begun since, the present one among them.
    ``kinds``: of the documents; None: all that the destination gets.
    """

    film_id: str
    destination: str
    state: DeliveryState
    attempts: int
    begun: datetime
    updated: datetime
    error: str | None
    message: str | None
    starts: int = 0
    kinds: list[DocumentKind] | None = None
    priority: int = NORMAL

    @property
    def is_urgent(self) -> bool:
        """Whether it goes out in quiet hours."""
        return self.priority == PRIORITIES["high"]


ParkedListener = Callable[[sa.Connection, str, str, str], None]
"""Hears of a film's id, the destination, and the code of why it was given up."""

_DELIVERIES = sa.select(*columns_of(deliveries, Delivery))


class DeliveryRepository:
    """Keeps the table ``deliveries``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, queue: WorkQueue) -> None:
        self.database = database
        self._queue = queue

    def was_begun(self, film_id: str, destination: str) -> bool:
        """Return whether a delivery waits although it was begun: its process may have ended so."""
        begun = sa.and_(_waiting(film_id, destination), deliveries.c.starts > 0)
        return self.database.exists(sa.select(deliveries.c.film_id).where(begun))

    def begin(self, film_id: str, destination: str) -> Delivery | None:
        """Count that a delivery that waits is begun, and return it; None where none waits."""
        one = _waiting(film_id, destination)
        with self.database.write() as connection:
            begun = sa.update(deliveries).where(one)
            connection.execute(begun.values(starts=deliveries.c.starts + 1))
            return first_of(connection, _DELIVERIES.where(one), Delivery)

    def go_on(self, film_id: str, destination: str) -> None:
        """Have a delivery that waits sent, since nobody is at work on it."""
        query = _DELIVERIES.where(_waiting(film_id, destination))
        with self.database.write() as connection:
            delivery = first_of(connection, query, Delivery)
            if delivery is not None:
                self._send_again(connection, delivery)

    def set_back(
        self,
        delivery: Delivery,
        error: DeliveryError | None = None,
        delay_s: float | None = None,
    ) -> None:
        """Record that a delivery was not tried, for no fault of its own; it counts for nothing.

        It is sent after a delay; None: once whoever reconciles finds it.
        """
        values: dict[str, Any] = {"starts": 0}
        if error is not None:
            values |= {"error": error.code, "message": error.message}
        with self.database.write() as connection:
            waiting = _waiting(delivery.film_id, delivery.destination)
            back = sa.update(deliveries).where(waiting).values(values)
            if connection.execute(back).rowcount and delay_s is not None:
                self._send_again(connection, delivery, delay_s)

    def rest(self, delivery: Delivery, delay_s: float) -> None:
        """Have a delivery wait that was not tried; its time to be tried begins only then."""
        values = {"starts": 0, "begun": datetime.now(UTC) + timedelta(seconds=delay_s)}
        with self.database.write() as connection:
            waiting = _waiting(delivery.film_id, delivery.destination)
            if connection.execute(sa.update(deliveries).where(waiting).values(values)).rowcount:
                self._send_again(connection, delivery, delay_s)

    def of_films(self, film_ids: Collection[str]) -> list[Delivery]:
        """Return the deliveries of films, by destination."""
        query = _DELIVERIES.where(deliveries.c.film_id.in_(film_ids))
        return self.database.rows(query.order_by(deliveries.c.destination), Delivery)

    def plan(
        self, connection: sa.Connection, film_id: str, destinations: Collection[str]
    ) -> list[str]:
        """Have a result delivered to those of the destinations that have no delivery of it yet.

        In a transaction that its caller ends. Return these destinations.
        """
        query = sa.select(deliveries.c.destination).where(deliveries.c.film_id == film_id)
        planned = set(connection.execute(query).scalars())
        missing = [name for name in destinations if name not in planned]
        for name in missing:
            self._add(connection, film_id, name)
        return missing

    def plan_routes(
        self, connection: sa.Connection, film_id: str, routes: Collection[Route]
    ) -> None:
        """Have a result delivered as its routes say; what is more than was planned is sent, too.

        In a transaction that its caller ends.
        """
        query = _DELIVERIES.where(deliveries.c.film_id == film_id)
        planned = {one.destination: one for one in rows_of(connection, query, Delivery)}
        for route in routes:
            known = planned.get(route.name)
            if known is None:
                priority = PRIORITIES[route.priority]
                self._add(connection, film_id, route.name, route.own_kinds, priority)
            else:
                self._widen(connection, known, route)

    def _add(
        self,
        connection: sa.Connection,
        film_id: str,
        destination: str,
        kinds: Collection[DocumentKind] | None = None,
        priority: int = NORMAL,
    ) -> None:
        now = datetime.now(UTC)
        row = {"film_id": film_id, "destination": destination, "begun": now, "updated": now}
        of = {"kinds": kinds and list(kinds), "priority": priority}
        connection.execute(sa.insert(deliveries), row | of | {"state": "waiting"})
        self._queue.deliver(connection, film_id, destination, attempt=1, priority=priority)

    def _widen(self, connection: sa.Connection, known: Delivery, route: Route) -> None:
        """Add to a delivery what its route has and it has not."""
        before = known.kinds or route.destination.kinds
        kinds = tuple(dict.fromkeys([*before, *route.kinds]))
        priority = min(known.priority, PRIORITIES[route.priority])
        if len(kinds) == len(before) and priority == known.priority:
            return
        own = replace(route, kinds=kinds).own_kinds
        one = sa.and_(
            deliveries.c.film_id == known.film_id, deliveries.c.destination == known.destination
        )
        values = {"kinds": own and list(own), "priority": priority}
        connection.execute(sa.update(deliveries).where(one).values(values))
        if len(kinds) > len(before):
            self.send_anew(connection, known.film_id, [known.destination])

    def retry(
        self,
        connection: sa.Connection,
        film_id: str,
        destinations: Collection[str] | None = None,
    ) -> int:
        """Set parked deliveries of a result going again, of all destinations or of these.

        In a transaction that its caller ends. Return how many there were.
        """
        parked = sa.and_(deliveries.c.film_id == film_id, deliveries.c.state == "parked")
        if destinations is not None:
            parked = sa.and_(parked, deliveries.c.destination.in_(destinations))
        found = rows_of(connection, _DELIVERIES.where(parked), Delivery)
        now = datetime.now(UTC)
        connection.execute(
            sa.update(deliveries)
            .where(parked)
            .values(state="waiting", begun=now, updated=now, starts=0)
        )
        for one in found:
            self._send_again(connection, one)
        return len(found)

    def delivered(self, delivery: Delivery) -> None:
        """Mark a delivery as done, unless it was asked for anew meanwhile: then go on with it."""
        done = _after_attempt(delivery, error=None, message=None)
        with self.database.write() as connection:
            unchanged = done.where(deliveries.c.begun == delivery.begun)
            if connection.execute(unchanged.values(state="delivered")).rowcount:
                return
            if connection.execute(done).rowcount:
                self._send_next(connection, delivery)

    def send_anew(
        self,
        connection: sa.Connection,
        film_id: str,
        destinations: Collection[str] | None = None,
    ) -> None:
        """Have what was or is being delivered sent again, since its documents have changed.

        To all destinations, or to these. In a transaction that its caller ends. Parked deliveries
        stay so, for a person to retry.
        """
        now = datetime.now(UTC)
        going = sa.and_(deliveries.c.film_id == film_id, deliveries.c.state != "parked")
        if destinations is not None:
            going = sa.and_(going, deliveries.c.destination.in_(destinations))
        found = rows_of(connection, _DELIVERIES.where(going), Delivery)
        connection.execute(
            sa.update(deliveries).where(going).values(state="waiting", begun=now, updated=now)
        )
        for one in found:
            if one.state == "delivered":
                self._send_again(connection, one)

    def put_off(self, delivery: Delivery, error: DeliveryError, delay_s: float) -> None:
        """Record a failed attempt, and the next one after a back-off."""
        with self.database.write() as connection:
            update = _after_attempt(delivery, error=error.code, message=error.message)
            if connection.execute(update).rowcount:
                self._send_next(connection, delivery, delay_s)

    def park(
        self, delivery: Delivery, error: DeliveryError, parked: ParkedListener | None = None
    ) -> None:
        """Record a failed attempt that was the last one; a person may have it retried.

        ``parked`` hears of it in the same transaction.
        """
        parking = _after_attempt(delivery, state="parked", error=error.code, message=error.message)
        with self.database.write() as connection:
            if connection.execute(parking).rowcount and parked is not None:
                parked(connection, delivery.film_id, delivery.destination, error.code)

    def _send_again(
        self, connection: sa.Connection, delivery: Delivery, delay_s: float = 0.0
    ) -> None:
        """Record an attempt of a number that may have been recorded before."""
        self._queue.deliver(
            connection,
            delivery.film_id,
            delivery.destination,
            attempt=delivery.attempts + 1,
            again=True,
            delay_s=delay_s,
            priority=delivery.priority,
        )

    def _send_next(
        self, connection: sa.Connection, delivery: Delivery, delay_s: float = 0.0
    ) -> None:
        """Record the attempt after the one that ended."""
        self._queue.deliver(
            connection,
            delivery.film_id,
            delivery.destination,
            attempt=delivery.attempts + 2,
            delay_s=delay_s,
            priority=delivery.priority,
        )


def _waiting(film_id: str, destination: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        deliveries.c.film_id == film_id,
        deliveries.c.destination == destination,
        deliveries.c.state == "waiting",
    )


def _after_attempt(delivery: Delivery, **values: Any) -> sa.Update:
    """Return the update after one attempt; a delivery that went on meanwhile is left alone."""
    return (
        sa.update(deliveries)
        .where(
            deliveries.c.film_id == delivery.film_id,
            deliveries.c.destination == delivery.destination,
            deliveries.c.attempts == delivery.attempts,
            deliveries.c.state == "waiting",
        )
        .values(attempts=delivery.attempts + 1, starts=0, updated=datetime.now(UTC), **values)
    )
