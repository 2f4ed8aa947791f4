"""The worklist: films that came in by any source, with what was found and what readers said."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.films.pseudonym import label_of
from radiograde.service.result_schema import Schema
from radiograde.service.reviews.assignment_repository import AssignmentRepository
from radiograde.service.reviews.review_repository import ReviewRepository
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository
from radiograde.service.worklist import query
from radiograde.service.worklist.cursor import Cursor, Order
from radiograde.service.worklist.day_merge import DAY_ORDERS, Query, merged_days
from radiograde.service.worklist.delivery_states import DeliveryStates
from radiograde.service.worklist.filters import Filters
from radiograde.service.worklist.listed_film import Row, StoredFilm, row_of, without_result
from radiograde.service.worklist.patient_labels import PatientLabel, PatientLabels

MOST_SEARCHED = 2000
"""Films whose headers a search looks into, the last to come in."""


class WorklistPage(Schema):
    """Films, in the order asked for."""

    films: list[Row]
    next: str | None = Field(description="Pass as `after` for the page after; null at the end")


class Worklist:
    """Lists films; safe to share among threads.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(
        self,
        database: Database,
        reviews: ReviewRepository,
        deliveries: DeliveryStates,
        labels: PatientLabels,
    ) -> None:
        self._database = database
        self._reviews = reviews
        self._deliveries = deliveries
        self._labels = labels
        self._withdrawals = WithdrawalRepository(database)
        self._assignments = AssignmentRepository(database)

    def page(
        self, filters: Filters, order: Order, limit: int, after: Cursor | None = None
    ) -> WorklistPage:
        """Return up to ``limit`` films behind the cursor ``after``."""
        filters = self._with_names(filters)
        places = self._places(filters, order, limit + 1, after)
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

    def label(self, film_id: str) -> str | None:
        """Return the label of a film's patient; None where it names nobody, or is not listed."""
        film = self._database.first(query.films_with([film_id]), StoredFilm)
        return None if film is None or film.patient is None else label_of(film.patient)

    def _with_names(self, filters: Filters) -> Filters:
        """Return filters whose search also finds what the setting lets be shown."""
        if filters.search is None or not (filters.search.by_name and self._labels.are_shown):
            return filters
        kept = self._database.values(query.kept_ids(MOST_SEARCHED), str)
        named = self._labels.matching(filters.search.text, kept)
        return replace(filters, search=replace(filters.search, by_uid=True, named=named))

    def _places(
        self, filters: Filters, order: Order, limit: int, after: Cursor | None
    ) -> list[Cursor]:
        """Return films that have what they are ordered by, then those without."""
        if order == "newest":
            return self._merged(query.newest_ids, filters, limit, after)
        ranked, others = _QUERIES[order]
        places: list[Cursor] = []
        if after is None or (after.acquired or after.brixia) is not None:
            places = self._merged(ranked, filters, limit, after)
            after = None
        rest = limit - len(places)
        return places + self._merged(others, filters, rest, after) if rest else places

    def _merged(
        self, ask: Query, filters: Filters, limit: int, after: Cursor | None
    ) -> list[Cursor]:
        """Return the first films of the parts that the filters fall into."""
        places = {
            place for part in filters.parts() for place in self._places_of(ask, part, limit, after)
        }
        return sorted(places, key=_RANKS.get(ask, _arrival), reverse=True)[:limit]

    def _places_of(
        self, ask: Query, part: Filters, limit: int, after: Cursor | None
    ) -> list[Cursor]:
        if ask is query.severest_ids and not part.may_have_a_score:
            return []
        if ask is query.unscored_ids and not part.may_lack_a_score:
            return []
        by_day = part.are_of_days and (ask is not query.severest_ids or part.are_of_few_days)
        for order in DAY_ORDERS if by_day else ():
            if order.ask is ask:
                return merged_days(self._database, order, part, limit, after)
        return self._database.rows(ask(part, limit, after), Cursor)

    def _rows(self, ids: Sequence[str]) -> list[Row]:
        found = {film.id: film for film in self._database.rows(query.films_with(ids), StoredFilm)}
        reviews = self._reviews.newest(found)
        deliveries = self._deliveries.of(found.values())
        withdrawn = self._withdrawals.standing_of(found)
        rows = [
            row_of(
                without_result(found[id]) if id in withdrawn else found[id],
                reviews.get(id),
                deliveries.get(id),
                self._identity(found[id]),
            )
            for id in ids
            if id in found
        ]
        readers = self._assignments.readers_of(found)
        said: dict[str, dict[str, Any]] = {id: {"withdrawn": True} for id in withdrawn}
        for id, reader in readers.items():
            said[id] = {**said.get(id, {}), "assigned": reader}
        return [row.model_copy(update=said.get(row.id)) for row in rows]

    def _identity(self, film: StoredFilm) -> PatientLabel:
        return self._labels.of(film.id) if film.kept else PatientLabel()


def _arrival(place: Cursor) -> str:
    return place.id


def _severity(place: Cursor) -> tuple[float, str]:
    return place.brixia or 0.0, place.id


def _acquired(place: Cursor) -> tuple[str, str]:
    return place.acquired or "", place.id


_QUERIES: Mapping[Order, tuple[Query, Query]] = {
    "acquired": (query.acquired_ids, query.undated_ids),
    "severest": (query.severest_ids, query.unscored_ids),
}
_RANKS: Mapping[Query, Callable[[Cursor], Any]] = {
    query.acquired_ids: _acquired,
    query.severest_ids: _severity,
}
