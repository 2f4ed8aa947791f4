"""Films of a span of days, in an order that runs across the days.

An index by day and rank gives each day's films in order. What is asked for is merged from these:
first each day's best is found, then the days are gone through from the best one on, until no other
can have a film that belongs before those found. So a page costs as much in a list of years as in
one of weeks, whatever the order in which old films came in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.worklist import query
from radiograde.service.worklist.cursor import Cursor
from radiograde.service.worklist.filters import Filters
from radiograde.service.worklist.leads import BY_RANK_OF_DAY, BY_UNDATED, Lead, by_day

Query = Callable[[Filters, int, Cursor | None], sa.Select[Any]]
Rank = Callable[[Cursor], Any]


@dataclass(frozen=True, slots=True)
class DayOrder:
    """An order with indexes by day: ``rank`` falls along them, a column beside ``day``.

    ``lead``: which of the indexes leads to the films of some filters.
    """

    ask: Query
    lead: Callable[[Filters], Lead]
    rank: str
    rank_of: Rank


@dataclass(frozen=True, slots=True)
class DayBest:
    """A day that has films, and the rank of its first one."""

    day: str
    rank: Any


def _id(place: Cursor) -> str:
    return place.id


def _brixia(place: Cursor) -> float:
    return place.brixia or 0.0


DAY_ORDERS = (
    DayOrder(query.newest_ids, by_day, "id", _id),
    DayOrder(query.unscored_ids, by_day, "id", _id),
    DayOrder(query.undated_ids, lambda _: BY_UNDATED, "id", _id),
    DayOrder(query.severest_ids, lambda _: BY_RANK_OF_DAY, "brixia", _brixia),
)


def merged_days(
    database: Database, order: DayOrder, filters: Filters, limit: int, after: Cursor | None
) -> list[Cursor]:
    """Return the first films of the days between ``since`` and ``until``, behind ``after``.

    Raises:
        StoreError: the database does not answer.
    """
    days = database.rows(best_of_days(order, filters, after), DayBest)
    rank = order.lead(filters).table.c[order.rank]
    found: list[Cursor] = []
    first, more = 0, 1
    while first < len(days):
        is_full = len(found) == limit
        if is_full and order.rank_of(found[-1]) > days[first].rank:
            break
        some = [one.day for one in days[first : first + more]]
        wanted = order.ask(replace(filters, days=some), limit, after)
        if is_full:
            wanted = wanted.where(rank >= order.rank_of(found[-1]))
        found += database.rows(wanted, Cursor)
        found = sorted(found, key=lambda place: (order.rank_of(place), place.id), reverse=True)
        found = found[:limit]
        first += more
        more = first  # the fewer match, the more days at a time
    return found


def best_of_days(order: DayOrder, filters: Filters, after: Cursor | None) -> sa.Select[Any]:
    """Return the query for the days that have films, that with the first film first.

    It steps from day to day in the index: sqlite.org/lang_with.html, "Recursive Query Examples";
    wiki.postgresql.org/wiki/Loose_indexscan.
    """
    until = None if filters.until is None else ("<=", filters.until.isoformat())
    last = sa.select(_latest(order, filters, until).label("day"))
    days = last.cte("days", recursive=True)
    days = days.union_all(
        sa.select(_latest(order, filters, ("<", days.c.day))).where(days.c.day.is_not(None))
    )
    table = order.lead(filters).table.alias()
    rank = table.c[order.rank]
    of_day = (table.c.day == days.c.day, *order.lead(filters).conditions(filters, table))
    best = sa.select(sa.func.max(rank)).where(*of_day)
    if after is not None:
        best = best.where(rank <= order.rank_of(after))
    found = sa.select(days.c.day, best.scalar_subquery().label("rank")).subquery()
    return sa.select(found).where(found.c.rank.is_not(None)).order_by(found.c.rank.desc())


def _latest(
    order: DayOrder, filters: Filters, until: tuple[str, Any] | None
) -> sa.ScalarSelect[str]:
    """Return the last day that has films, in a span."""
    lead = order.lead(filters)
    table = lead.table.alias()
    latest = sa.select(sa.func.max(table.c.day)).where(*lead.conditions(filters, table))
    if filters.since is not None:
        latest = latest.where(table.c.day >= filters.since.isoformat())
    if until is not None:
        latest = latest.where(table.c.day.op(until[0], is_comparison=True)(until[1]))
    return latest.scalar_subquery()
