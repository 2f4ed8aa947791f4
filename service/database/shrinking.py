"""What is left in a database's file of rows that were removed, overwritten."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from radiograde.service.database.engine import Database
from radiograde.service.errors import StoreError

_WAIT_S = 60.0


def wipe_free_space(database: Database) -> None:
    """Write SQLite's file anew without what was removed, and empty its journal.

    SQLite leaves removed rows in free pages until they are used again
    (sqlite.org/lang_vacuum.html).
    PostgreSQL does so until its next vacuum, which runs by itself.

    Raises:
        StoreError: others hold the database for too long; nothing was changed.
    """
    if database.engine.dialect.name != "sqlite":
        return
    file = str(database.engine.url.database)
    try:
        with closing(sqlite3.connect(file, timeout=_WAIT_S, isolation_level=None)) as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StoreError(
            f"What was removed could not be overwritten ({type(error).__name__}). Try again."
        ) from error
