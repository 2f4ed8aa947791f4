"""The rows that are of films, in whatever table, removed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from radiograde.service.database.every_table import every_table
from radiograde.service.database.rows import in_parts
from radiograde.service.database.tables import films, results, traces

_OF_FILMS = ("film_id", "result_id")
"""Columns that say of which film a row is."""


def remove_films(connection: sa.Connection, film_ids: Sequence[str]) -> None:
    """Remove films and all rows of any table that are of them."""
    for some in in_parts(film_ids):
        remove_related(connection, some)
        for table in (traces, results, films):
            connection.execute(sa.delete(table).where(table.c.id.in_(some)))


def remove_related(
    connection: sa.Connection, film_ids: Sequence[str], keep: Collection[sa.Table] = ()
) -> None:
    """Remove what refers to films and their results, but for the rows of the tables to keep."""
    for table in reversed(every_table()):
        column = next((name for name in _OF_FILMS if name in table.c), None)
        if column is not None and table not in keep:
            connection.execute(sa.delete(table).where(table.c[column].in_(film_ids)))
