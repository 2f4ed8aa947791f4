"""Whether a film's result was sent on: its deliveries to all destinations in one word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of
from radiograde.service.database.tables import DeliveryState, deliveries
from radiograde.service.worklist.listed_film import DeliveryLabel, StoredFilm


@dataclass(frozen=True, slots=True)
class _Delivery:
    film_id: str
    state: DeliveryState


class DeliveryStates:
    """Sums up the deliveries of films; safe to share among threads."""

    def __init__(self, database: Database, *, has_destinations: bool) -> None:
        self._database = database
        self._has_destinations = has_destinations

    def of(self, films: Collection[StoredFilm]) -> Mapping[str, DeliveryLabel]:
        """Return by id what became of each film's result; without a destination there is nothing.

        Raises:
            StoreError: the database does not answer.
        """
        query = sa.select(*columns_of(deliveries, _Delivery)).where(
            deliveries.c.film_id.in_([film.id for film in films])
        )
        states: dict[str, set[DeliveryState]] = {}
        for one in self._database.rows(query, _Delivery):
            states.setdefault(one.film_id, set()).add(one.state)
        found = {film_id: label_of(each) for film_id, each in states.items()}
        if self._has_destinations:
            graded = (film.id for film in films if film.state == "graded")
            found |= {film_id: "not_sent" for film_id in graded if film_id not in states}
        return found


def label_of(states: Iterable[DeliveryState]) -> DeliveryLabel:
    """Return the state that needs a person most: parked, then waiting, then sent."""
    there = set(states)
    if "parked" in there:
        return "parked"
    return "waiting" if "waiting" in there else "sent"
