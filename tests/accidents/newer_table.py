"""Tables as a newer version would have them: with a column that this one does not fill."""

from __future__ import annotations

import sqlalchemy as sa

REFUSES = "NOT NULL constraint failed: newer.of_the_next_version"


def newer_table(connection: sa.Connection, table: str, *, present: bool) -> None:
    """Add such a column to a table, or take it away.

    SQLite adds none without a default; a trigger refuses there as the column would.
    """
    if connection.dialect.name == "sqlite":
        statement = f"DROP TRIGGER {table}_newer"
        if present:
            statement = (
                f"CREATE TRIGGER {table}_newer BEFORE INSERT ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSES}'); END"
            )
        connection.exec_driver_sql(statement)
        return
    if not present:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN of_the_next_version")
        return
    column = f"ALTER TABLE {table} ADD COLUMN of_the_next_version TEXT NOT NULL DEFAULT ''"
    connection.exec_driver_sql(column)
    connection.exec_driver_sql(f"ALTER TABLE {table} ALTER of_the_next_version DROP DEFAULT")
