"""What became of deliveries: of the last ones, and of those in the first month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.tables import deliveries
from radiograde.service.monitoring.drift import Window
from radiograde.service.monitoring.review_series import MONTH

_SETTLED = deliveries.c.state.in_(("delivered", "parked"))


@dataclass(frozen=True, slots=True)
class DeliveryCounts:
    """Deliveries that arrived or were given up, and how many of them were ``parked``."""

    films: int
    parked: int
    first_films: int
    first_parked: int


@dataclass(frozen=True, slots=True)
class _Began:
    updated: datetime


def delivery_counts(
    database: Database, window: Window, since: datetime | None
) -> DeliveryCounts | None:
    """Return what became of the deliveries of the last look, and of those in the first month.

    ``since``: only later ones are looked at. None before the first look. Raises StoreError.
    """
    updated = deliveries.c.updated
    query = sa.select(updated).where(_SETTLED).order_by(updated).limit(1)
    began = database.first(query, _Began)
    if began is None:
        return None
    month_end = began.updated + MONTH
    later = sa.and_(_SETTLED, updated >= month_end, updated > (since or began.updated))
    count = sum(_states(database, later).values())
    end = window.end(count)
    if not end:
        return None
    newest = sa.select(deliveries.c.state).where(later).order_by(updated.desc())
    last = database.values(newest.offset(count - end).limit(window.films), str)
    first = _states(database, sa.and_(_SETTLED, updated < month_end))
    return DeliveryCounts(
        len(last), last.count("parked"), sum(first.values()), first.get("parked", 0)
    )


def _states(database: Database, condition: sa.ColumnElement[bool]) -> dict[str, int]:
    query = sa.select(deliveries.c.state, sa.func.count()).where(condition)
    with database.reading() as connection:
        found = connection.execute(query.group_by(deliveries.c.state)).all()
    return {str(state): int(films) for state, films in found}
