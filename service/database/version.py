"""Whether anything in a database has changed: two equal versions show the same rows."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Hashable

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.errors import StoreError


class DatabaseVersion:
    """Says what version a database is in; safe to share among threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._watching: sqlite3.Connection | None = None

    def now(self) -> Hashable:
        """Return the version: another one after whatever anybody has committed meanwhile.

        SQLite counts what other connections commit, so one that never writes is kept for asking
        (sqlite.org/pragma.html, "data_version"). PostgreSQL says which transactions are seen.

        Raises:
            StoreError: the database does not answer.
        """
        if self._database.engine.dialect.name != "sqlite":
            snapshot = sa.select(sa.cast(sa.func.pg_current_snapshot(), sa.String))
            return self._database.values(snapshot, str)[0]
        try:
            with self._lock:
                if self._watching is None:
                    path = str(self._database.engine.url.database)
                    self._watching = sqlite3.connect(path, check_same_thread=False)
                found: int = self._watching.execute("PRAGMA data_version").fetchone()[0]
        except sqlite3.Error as error:
            raise StoreError("The results store does not answer. Try again shortly.") from error
        return found

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._watching is not None:
                self._watching.close()
                self._watching = None
