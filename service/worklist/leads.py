"""By which index films are looked up, and which conditions it takes in.

Without statistics a database would look up by any condition that has an index, and then sort all
that it finds: conditions that the chosen index does not take in are written so that none fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from radiograde.service.database.tables import films, of_days, results
from radiograde.service.worklist.filters import OF_FILM, Filters

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Lead:
    """An index of a ``table``: of results alone, films without one are not found.

    ``severity``, ``status``: it takes in a filter of one; with ``days`` it is by that and by day.
    ``only``: the condition on which it depends, in its words: a bound value would not fit.
    """

    table: sa.Table = films
    severity: bool = False
    status: bool = False
    days: bool = False
    only: Callable[[sa.FromClause], Condition] | None = None

    @property
    def only_results(self) -> bool:
        """Whether films without a result are not found."""
        return self.table is results

    def conditions(self, filters: Filters, table: sa.FromClause | None = None) -> list[Condition]:
        """Return the conditions that the index takes in; ``table``: an alias of its own."""
        own = self.table if table is None else table
        found = [] if self.only is None else [self.only(own)]
        if self.severity and filters.severity:
            found.append(self._key(own.c.severity).in_(filters.severity))
        if self._takes_status(filters):
            status = own.c.status if self.only_results else own.c.state
            found.append(self._key(status).in_(filters.status))
        return found

    def other_conditions(self, filters: Filters) -> list[Condition]:
        """Return the conditions by which nothing is looked up."""
        found: list[Condition] = []
        if filters.severity and not self.severity:
            found.append(_unindexed(results.c.severity).in_(filters.severity))
        if filters.status and not self._takes_status(filters):
            stored = _unindexed(results.c.status)
            one_of = (
                films.c.state == one if one in OF_FILM else stored == one for one in filters.status
            )
            found.append(sa.or_(*one_of))
        return found

    def of_days(self, filters: Filters) -> list[Condition]:
        """Return the conditions on a film's day, of which a few are looked up, more are not."""
        day = self.table.c.day
        if filters.days is not None:
            return [day.in_(filters.days)]
        found = _unindexed(day)
        conditions = []
        if filters.since is not None:
            conditions.append(found >= filters.since.isoformat())
        if filters.until is not None:
            conditions.append(found <= filters.until.isoformat())
        return conditions

    def _key(self, column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        return of_days(column) if self.days else column

    def _takes_status(self, filters: Filters) -> bool:
        fits = OF_FILM.isdisjoint if self.only_results else OF_FILM.issuperset
        return self.status and bool(filters.status) and fits(filters.status)


BY_FILM = Lead()
BY_UNDATED = Lead(only=lambda table: table.c.acquired.is_(None))
BY_RESULT = Lead(results, severity=True, status=True)
BY_RANK = Lead(results, severity=True)
BY_RANK_OF_DAY = Lead(results, only=lambda table: table.c.brixia.is_not(None))
BY_REVIEWED = Lead(results, only=lambda table: table.c.reviewed)
_BY_SEVERITY = Lead(results, severity=True, days=True)
_BY_UNGRADED = Lead(status=True, days=True, only=lambda table: table.c.state != _word("graded"))
_BY_UNSCORED = Lead(
    results, status=True, days=True, only=lambda table: table.c.status != _word("scored")
)


def by_arrival(filters: Filters) -> Lead:
    """Return the index by which films are found, the last to come in first.

    On single days it is the one with the fewest films beside those that match.
    """
    if filters.reviewed:
        return BY_REVIEWED
    if filters.days is None:
        return BY_RESULT if filters.need_a_result else BY_FILM
    return by_day(filters)


def by_day(filters: Filters) -> Lead:
    """Return the index by day and id that holds the fewest films beside those that match."""
    if filters.reviewed:
        return BY_REVIEWED
    if filters.status and OF_FILM.issuperset(filters.status):
        return _BY_UNGRADED
    if set(filters.status) == {"rejected"}:
        return _BY_UNSCORED
    return _BY_SEVERITY if filters.severity else BY_FILM


def by_rank(filters: Filters) -> Lead:
    """Return the index by which scored films are found, the highest score first."""
    if filters.reviewed:
        return BY_REVIEWED
    return BY_RANK if filters.days is None else BY_RANK_OF_DAY


def _unindexed(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Return a column that no database looks up by an index."""
    return sa.func.coalesce(column, "")


def _word(value: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{value}'", sa.String)
