"""Group commit: what threads write at the same moment is committed, and synced to disk, at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from radiograde.service.database.engine import Database
from radiograde.service.errors import ContradictionError, StoreError


@dataclass(eq=False, slots=True)
class _Write:
    """What a thread writes; ``error``: why it came to nothing."""

    write: Callable[[Connection], object]
    is_over: bool = False
    error: StoreError | None = None


class GroupCommit:
    """Commits writes of several threads together; safe to share among them.

    SQLite has one writer at a time, who syncs at each commit: twenty transactions one after the
    other take twenty syncs. While one is committed here, those who come wait, and then share the
    next. PostgreSQL does so itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_shared = database.engine.dialect.name == "sqlite"
        self._waiting: list[_Write] = []
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def run(self, write: Callable[[Connection], object]) -> None:
        """Return once ``write`` is committed; it may be called again after a rollback.

        Raises:
            ContradictionError: it contradicts a constraint; what others wrote is not affected.
            StoreError: the database does not answer; nothing was written.
        """
        if not self._is_shared:
            with self._database.write() as connection:
                write(connection)
            return
        own = _Write(write)
        with self._lock:
            self._waiting.append(own)
        with self._turn:
            if not own.is_over:
                with self._lock:
                    group, self._waiting = self._waiting, []
                self._commit(group)
        if own.error is not None:
            raise own.error

    def _commit(self, group: Sequence[_Write]) -> None:
        error: StoreError | None = StoreError("Nothing could be recorded. Try again shortly.")
        try:
            with self._database.write() as connection:
                for one in group:
                    one.write(connection)
            error = None
        except StoreError as fault:
            error = fault
        finally:
            self._end(group, error)

    def _end(self, group: Sequence[_Write], error: StoreError | None) -> None:
        if isinstance(error, ContradictionError) and len(group) > 1:
            for one in group:  # one of them contradicts; alone, each has its own answer
                self._commit([one])
            return
        for one in group:
            one.error, one.is_over = error, True
