"""Which worker is which: a slot each, held while its process lives, whatever ends it.

The durable queue remembers what each slot had begun; who takes the slot next goes on with it. In
SQLite there is one slot, so one worker, and others stand by; in PostgreSQL as many as come.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from filelock import FileLock, Timeout

from radiograde.service.database.engine import Database

MOST_WORKERS = 64
_LOCKS = 1_380_013_893
"""First key of the advisory locks: no other program's, with luck."""


class Slot(Protocol):
    """A place among the workers. ``name``: of the executor in the durable queue."""

    @property
    def name(self) -> str:
        """The slot's name."""
        ...

    def deserted(self) -> list[str]:
        """Return the names of slots that no process holds."""
        ...

    def release(self) -> None:
        """Give the slot back."""
        ...


def take_slot(database: Database, stop: threading.Event) -> Slot | None:
    """Return a free slot, waiting until there is one; None once ``stop`` is set."""
    if database.engine.dialect.name == "sqlite":
        return _FileSlot.take(Path(str(database.engine.url.database)), stop)
    return _AdvisorySlot.take(database.engine, stop)


class _FileSlot:
    """The one slot beside a SQLite file: the system frees its lock with the process."""

    name = "worker-1"

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    @classmethod
    def take(cls, database: Path, stop: threading.Event) -> _FileSlot | None:
        lock = FileLock(database.with_name(database.name + ".worker"))
        while not stop.is_set():
            with suppress(Timeout):
                lock.acquire(timeout=0.0)
                return cls(lock)
            stop.wait(0.5)
        return None

    def deserted(self) -> list[str]:
        return []

    def release(self) -> None:
        self._lock.release()


class _AdvisorySlot:
    """A slot in PostgreSQL: the server frees its lock with the connection."""

    def __init__(self, connection: sa.Connection, number: int) -> None:
        self._connection = connection
        self._number = number
        self.name = f"worker-{number}"

    @classmethod
    def take(cls, engine: sa.Engine, stop: threading.Event) -> _AdvisorySlot | None:
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        while not stop.is_set():
            for number in range(1, MOST_WORKERS + 1):
                if _try_lock(connection, number):
                    return cls(connection, number)
            stop.wait(0.5)
        connection.close()
        return None

    def deserted(self) -> list[str]:
        gone = []
        for number in range(1, MOST_WORKERS + 1):
            if number != self._number and _try_lock(self._connection, number):
                gone.append(f"worker-{number}")
                _unlock(self._connection, number)
        return gone

    def release(self) -> None:
        self._connection.invalidate()
        self._connection.close()


def _try_lock(connection: sa.Connection, number: int) -> bool:
    query = sa.select(sa.func.pg_try_advisory_lock(_LOCKS, number))
    return bool(connection.execute(query).scalar())


def _unlock(connection: sa.Connection, number: int) -> None:
    connection.execute(sa.select(sa.func.pg_advisory_unlock(_LOCKS, number)))
