"""Who works: each worker says every few seconds that it lives, in the database of the work.

What a worker has begun that has not said so for a while is begun again by another. Nothing hangs
on a connection: one that is cut, or pooled, makes no worker dead and no two workers one. Beside a
SQLite file one worker works, by a lock that the system frees with the process, and others stand by.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from filelock import FileLock, Timeout
from ulid import ULID

from radiograde.service.database.engine import Database
from radiograde.service.database.tables import workers

BEAT_S = 5.0
DEAD_AFTER = timedelta(seconds=30)


class Slot:
    """A worker's place: its name among the executors of the queue, which no other ever has."""

    def __init__(self, database: Database, lock: FileLock | None = None) -> None:
        self.name = f"worker-{ULID()}"
        self._database = database
        self._lock = lock
        if lock is not None:  # whoever held it before is dead
            with database.write() as connection:
                connection.execute(sa.delete(workers))
        self.beat()

    def beat(self) -> None:
        """Say that this worker lives. Raises StoreError."""
        with self._database.write() as connection:
            values = {"seen": sa.func.now()}
            own = sa.update(workers).where(workers.c.id == self.name).values(values)
            if not connection.execute(own).rowcount:
                connection.execute(sa.insert(workers).values(id=self.name, **values))

    def release(self) -> None:
        """Give the place back. Raises StoreError."""
        try:
            with self._database.write() as connection:
                connection.execute(sa.delete(workers).where(workers.c.id == self.name))
        finally:
            if self._lock is not None:
                self._lock.release()


def take_slot(database: Database, stop: threading.Event) -> Slot | None:
    """Return a place to work at, waiting until there is one; None once ``stop`` is set.

    Raises:
        StoreError: the database does not answer.
    """
    if database.engine.dialect.name != "sqlite":
        return Slot(database)
    file = Path(str(database.engine.url.database))
    lock = FileLock(file.with_name(file.name + ".worker"))
    while not stop.is_set():
        with suppress(Timeout):
            lock.acquire(timeout=0.0)
            return Slot(database, lock)
        stop.wait(0.5)
    return None


def living(connection: sa.Connection) -> set[str]:
    """Return the names of the workers that live, by the clock of the database.

    One that was seen in the future was so by a clock that has been set right since; if it lives,
    it says so again at once.
    """
    rows = connection.execute(sa.select(workers.c.id, workers.c.seen, sa.func.now())).all()
    return {name for name, seen, now in rows if abs(_utc(now) - seen) < DEAD_AFTER}


def forget_dead(connection: sa.Connection, alive: set[str]) -> None:
    """Remove workers that do not live from the table; one that lives comes back by itself."""
    connection.execute(sa.delete(workers).where(workers.c.id.not_in(alive)))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
