"""Rows that refer to a film, result or user that is not there.

The database takes none in; a SQLite file that was written by an earlier version may hold some.
"""

from __future__ import annotations

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.every_table import every_table
from radiograde.service.database.tables import reviews


def dangling_rows(database: Database) -> int:
    """Return how many there are. Raises StoreError."""
    counts = (
        sa.select(sa.func.count()).select_from(table).where(_dangles(table))
        for table in _referring()
    )
    return sum(sum(database.values(count, int)) for count in counts)


def remove_dangling_rows(database: Database) -> None:
    """Remove them, but for reviews: their film may be graded again. Raises StoreError."""
    with database.write() as connection:
        for table in _referring():
            if table is not reviews:
                connection.execute(sa.delete(table).where(_dangles(table)))


def _referring() -> list[sa.Table]:
    return [table for table in every_table() if table.foreign_keys]


def _dangles(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.or_(*(key.parent.not_in(sa.select(key.column)) for key in table.foreign_keys))
