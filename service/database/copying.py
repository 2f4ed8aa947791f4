"""Copying a database into another, of another kind too, as it was at one moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from radiograde.service.database.engine import Database
from radiograde.service.database.every_table import every_table
from radiograde.service.database.tables import film_counts, films, installation, workers
from radiograde.service.errors import StoreError

_AT_ONCE = 500


def copy_rows(source: Database, target: Database) -> int:
    """Copy all rows but those of live workers into an empty database; return how many films.

    The queue is not copied: whoever reconciles queues what waits anew.

    Raises:
        StoreError: the target holds films, or a database does not answer; nothing was copied.
    """
    if target.exists(sa.select(films.c.id)):
        raise StoreError("The database to copy into holds films already. Name an empty one.")
    postgres = source.engine.dialect.name == "postgresql"
    level = {"isolation_level": "REPEATABLE READ"} if postgres else {}
    try:
        with source.engine.connect().execution_options(**level) as read, target.write() as write:
            write.execute(sa.delete(installation))
            for table in every_table():
                if table not in (workers, film_counts):  # the copied films are counted as they come
                    copy_table(table, read, write)
            return write.scalar(sa.select(sa.func.count()).select_from(films)) or 0
    except SQLAlchemyError as error:
        raise StoreError(
            f"The database cannot be copied ({type(error).__name__}). Nothing was changed."
        ) from error


def copy_database(source: Database, file: Path) -> None:
    """Copy a database into a new SQLite file, while it is in use.

    Raises:
        StoreError: it cannot be read, or the file cannot be written or is there.
    """
    if source.engine.dialect.name == "sqlite":
        try:
            with closing(sqlite3.connect(str(source.engine.url.database))) as connection:
                connection.execute("VACUUM INTO ?", (str(file),))
        except sqlite3.Error as error:
            raise StoreError(f"{file} cannot be written ({error}).") from error
        return
    target = Database(f"sqlite:///{file}")
    try:
        copy_rows(source, target)
    finally:
        with target.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        target.close()


def copy_table(table: sa.Table, read: sa.Connection, write: sa.Connection) -> None:
    """Copy all rows of a table."""
    keys = [column.key for column in table.columns]
    rows = read.execution_options(yield_per=_AT_ONCE).execute(sa.select(table))
    for part in rows.partitions(_AT_ONCE):
        write.execute(sa.insert(table), [dict(zip(keys, row, strict=True)) for row in part])
