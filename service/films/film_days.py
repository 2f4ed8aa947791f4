"""The day that a film is listed under: of its acquisition, else of its arrival.

The hospital's day where the header says it, else by this computer's clock.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films, results

_AT_ONCE = 500


def day_of(acquired: str | None, received: datetime) -> str:
    """Return the day as ``YYYY-MM-DD``; ``acquired``: date or time of ISO 8601."""
    return acquired[:10] if acquired else received.astimezone().date().isoformat()


def fill_days(database: Database) -> int:
    """Give a day to the films that a process of an older version records; return how many.

    Raises:
        StoreError: the database does not answer.
    """
    filled = 0
    while some := _fill_some(database):
        filled += some
    with database.write() as connection:
        connection.execute(
            sa.update(results)
            .where(results.c.day.is_(None), sa.exists().where(films.c.id == results.c.id))
            .values(day=day_of_film(results.c.id))
        )
    return filled


def day_of_film(film_id: sa.ColumnElement[str] | str | None) -> sa.ScalarSelect[str | None]:
    """Return the expression for a film's day, to be written beside what belongs to it."""
    return sa.select(films.c.day).where(films.c.id == film_id).scalar_subquery()


def _fill_some(database: Database) -> int:
    query = sa.select(films.c.id, films.c.acquired, films.c.received).where(films.c.day.is_(None))
    with database.write() as connection:
        found = connection.execute(query.limit(_AT_ONCE)).all()
        for film_id, acquired, received in found:
            dated = sa.update(films).where(films.c.id == film_id)
            day = day_of(acquired, received)
            connection.execute(dated.values(day=day, changed=films.c.changed))
    return len(found)
