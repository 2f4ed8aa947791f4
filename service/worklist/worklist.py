"""The worklist: films that came in by any source, with what was found and what readers said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.result_schema import Schema
from radiograde.service.reviews.review_repository import ReviewRepository
from radiograde.service.worklist import query
from radiograde.service.worklist.cursor import Cursor, Order
from radiograde.service.worklist.listed_film import Row, StoredFilm, row_of
from radiograde.service.worklist.patient_labels import Identities
from radiograde.service.worklist.query import Filters

Query = Callable[[Filters, int, Cursor | None], sa.Select[Any]]


class WorklistPage(Schema):
    """Films, in the order asked for."""

    films: list[Row]
    next: str | None = Field(description="Pass as `after` for the page after; null at the end")


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

    def page(
        self, filters: Filters, order: Order, limit: int, after: Cursor | None = None
    ) -> WorklistPage:
        """Return up to ``limit`` films behind the cursor ``after``."""
        found = self._newest if order == "newest" else self._severest
        places = found(filters, limit + 1, after)
        shown = places[:limit]
        more = len(places) > limit
        return WorklistPage(
            films=self._rows([place.id for place in shown]),
            next=shown[-1].text(order) if more else None,
        )

    def row(self, film_id: str) -> Row:
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
            place
            for part in filters.by_severity()
            for place in self._database.rows(ask(part, limit, after), Cursor)
        ]
        rank = _severity if ask is query.severest_ids else _arrival
        return sorted(places, key=rank, reverse=True)[:limit]

    def _rows(self, ids: Sequence[str]) -> list[Row]:
        found = {film.id: film for film in self._database.rows(query.films_with(ids), StoredFilm)}
        reviews = self._reviews.newest(found)
        return [
            row_of(found[id], reviews.get(id), self._identity(found[id]))
            for id in ids
            if id in found
        ]

    def _identity(self, film: StoredFilm) -> Mapping[str, str | None]:
        return self._identities.of(film.id) if film.patient is not None and film.kept else {}


def _arrival(place: Cursor) -> str:
    return place.id


def _severity(place: Cursor) -> tuple[float, str]:
    return place.brixia or 0.0, place.id
