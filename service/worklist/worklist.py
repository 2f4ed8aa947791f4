"""The worklist: films that came in by any door, with what was found and what readers said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.reviews.review_repository import ReviewRepository
from radiograde.service.worklist import query
from radiograde.service.worklist.cursor import Cursor, Order
from radiograde.service.worklist.listed_film import row_json
from radiograde.service.worklist.patient_labels import Identities
from radiograde.service.worklist.query import Filters

Query = Callable[[Filters, int, Cursor | None], sa.Select[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """Films as plain JSON types; ``next``: the cursor of the page after, None at the end."""

    films: list[dict[str, Any]]
    next: str | None


class Worklist:
    """Lists films; safe to share among threads.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(
        self, database: Database, reviews: ReviewRepository, identities: Identities
    ) -> None:
        self._database = database
        self._reviews = reviews
        self._identities = identities

    def page(self, filters: Filters, order: Order, limit: int, after: Cursor | None = None) -> Page:
        """Return up to ``limit`` films behind the cursor ``after``."""
        found = self._newest if order == "newest" else self._severest
        places = found(filters, limit + 1, after)
        shown = places[:limit]
        more = len(places) > limit
        return Page(
            self._rows([place.id for place in shown]), shown[-1].text(order) if more else None
        )

    def row(self, film_id: str) -> dict[str, Any]:
        """Return one film.

        Raises:
            NotFoundError: there is none such, or it was set aside.
        """
        rows = self._rows([film_id])
        if not rows:
            raise NotFoundError("No film has this id. GET /v1/worklist lists those that came in.")
        return rows[0]

    def _newest(self, filters: Filters, limit: int, after: Cursor | None) -> list[Cursor]:
        return self._merged(query.newest_ids, filters, limit, after)

    def _severest(self, filters: Filters, limit: int, after: Cursor | None) -> list[Cursor]:
        """Return films with a score, then those without."""
        scored: list[Cursor] = []
        if after is None or after.brixia is not None:
            scored = self._merged(query.severest_ids, filters, limit, after)
            after = None
        rest = limit - len(scored)
        if not rest or filters.severity:
            return scored
        return scored + self._merged(query.unscored_ids, filters, rest, after)

    def _merged(
        self, ask: Query, filters: Filters, limit: int, after: Cursor | None
    ) -> list[Cursor]:
        """Return the first films of the parts that the filters fall into."""
        places = [
            Cursor(row.id, row.brixia)
            for part in filters.by_severity()
            for row in self._database.read(ask(part, limit, after))
        ]
        rank = _severity if ask is query.severest_ids else _arrival
        return sorted(places, key=rank, reverse=True)[:limit]

    def _rows(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        found = {film.id: film for film in self._database.read(query.rows_of(ids))}
        reviews = self._reviews.newest(found)
        return [
            row_json(found[id], reviews.get(id), self._identity(found[id]))
            for id in ids
            if id in found
        ]

    def _identity(self, film: Any) -> Mapping[str, str | None]:
        return self._identities.of(film.id) if film.patient is not None and film.kept else {}


def _arrival(place: Cursor) -> str:
    return place.id


def _severity(place: Cursor) -> tuple[float, str]:
    return place.brixia or 0.0, place.id
