"""Work to be done, recorded with DBOS in the transaction that makes it necessary."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient, EnqueueOptions
from ulid import ULID

from radiograde.service.database.connection_pools import QUEUE_MOST

APPLICATION = "radiograde"
GRADE, DELIVER, NOTIFY, PRIORS, SHADOW = "grade", "deliver", "notify", "priors", "shadow"
"""Names of the workflows, and of the queues that they wait in."""

LONGEST_DELAY_S = {GRADE: 120.0, DELIVER: 3700.0, NOTIFY: 3700.0, PRIORS: 3700.0}
"""Longer than any that is asked for: one that ends later was reckoned by a clock that was wrong.

A destination may ask for an hour (``Retry-After``).
"""

PRIORITIES = {"high": 1, "normal": 5, "low": 9}
"""Of deliveries that wait for the same destination the lowest number goes first."""

NORMAL = PRIORITIES["normal"]

REQUEST_S = 20.0
"""How long a request has for grading its film itself; after that a worker sees to it."""

_COLUMNS = (
    "workflow_uuid",
    "status",
    "name",
    "executor_id",
    "queue_partition_key",
    "delay_until_epoch_ms",
)
_QUEUED, _DELAYED, _BEGUN = "ENQUEUED", "DELAYED", "PENDING"
_ID_LENGTH = 26
_LAST = 100
"""Of what waits in a queue, the lowest number goes first; 0 by default."""

log = structlog.get_logger("radiograde.work")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of work: a film's grading, its result's delivery to a destination, or its priors.

    Or a notification, by its id in place of a film's.
    """

    film_id: str
    destination: str = ""
    priors: bool = False


class WorkQueue(Protocol):
    """Records work; what is recorded twice is done once."""

    def grade(
        self,
        connection: sa.Connection,
        film_id: str,
        *,
        again: bool = False,
        delay_s: float = 0.0,
        last: bool = False,
    ) -> None:
        """Record that a film is to be graded, after a delay; ``again``: although it was tried.

        ``last``: once no other waits.
        """
        ...

    def deliver(
        self,
        connection: sa.Connection,
        film_id: str,
        destination: str,
        *,
        attempt: int,
        again: bool = False,
        delay_s: float = 0.0,
        priority: int = NORMAL,
    ) -> None:
        """Record that a result is to be sent to a destination, after a delay.

        ``again``: although this attempt was recorded before. ``priority``: one of ``PRIORITIES``.
        """
        ...

    def fetch_priors(
        self,
        connection: sa.Connection,
        film_id: str,
        *,
        attempt: int,
        again: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Record that earlier films of a film's patient are to be fetched, after a delay.

        ``again``: although this attempt was recorded before.
        """
        ...

    def notify(
        self,
        connection: sa.Connection,
        id: str,
        channel: str,
        *,
        attempt: int,
        again: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Record that a notification is to be sent to a channel; otherwise as :meth:`deliver`."""
        ...

    def shadow(self, connection: sa.Connection, film_id: str, model: str) -> None:
        """Record that the model in shadow is to grade a film, which nobody waits for."""
        ...


class DurableQueue:
    """Records work in the tables of DBOS, which lie in the database of the results."""

    def __init__(self, url: str, *, upgrade: bool = False) -> None:
        """Open the queue, and make its tables where they are missing.

        ``upgrade``: bring tables of an older version up to date; without, they are left alone.
        """
        hush_queue()
        if upgrade or not _is_there(url):
            DBOS.migrate(url)
        self._client = DBOSClient(
            system_database_url=url,
            system_database_pool_size=QUEUE_MOST,
            application_name=APPLICATION,
            lazy=True,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.destroy()

    def in_hand(self, connection: sa.Connection, workers: Collection[str]) -> set[Piece]:
        """Return the work that is queued, due soon, or begun by one of the workers, which live."""
        now_s = time.time()
        schema = None if connection.dialect.name == "sqlite" else "dbos"
        work = sa.table("workflow_status", *map(sa.column, _COLUMNS), schema=schema)
        begun = sa.and_(work.c.status == _BEGUN, work.c.executor_id.in_(workers))
        soon = [
            sa.and_(work.c.name == name, work.c.delay_until_epoch_ms < (now_s + longest_s) * 1000)
            for name, longest_s in LONGEST_DELAY_S.items()
        ]
        delayed = sa.and_(work.c.status == _DELAYED, sa.or_(*soon))
        query = sa.select(work.c.workflow_uuid, work.c.queue_partition_key, work.c.name).where(
            sa.or_(work.c.status == _QUEUED, delayed, begun),
            work.c.name.in_(LONGEST_DELAY_S),
        )
        found = connection.execute(query).all()
        return {
            Piece(id[:_ID_LENGTH], destination or "", name == PRIORS)
            for id, destination, name in found
        }

    def resume(self, workers: Collection[str]) -> int:
        """Queue again what was begun by none of these workers; return how much it was."""
        begun = self._client.list_workflows(status=_BEGUN, load_input=False, load_output=False)
        gone = [one for one in begun if one.executor_id not in workers]
        for name in (*LONGEST_DELAY_S, SHADOW):
            ids = [one.workflow_id for one in gone if one.name == name]
            if ids:
                self._client.resume_workflows(ids, queue_name=name)
        return len(gone)

    def forget(self, ids: Collection[str]) -> None:
        """Remove all work with films, or of notifications, by their ids: to be done, and done."""
        for id in ids:
            found = self._client.list_workflows(
                workflow_id_prefix=f"{id}:", load_input=False, load_output=False
            )
            if found:
                self._client.delete_workflows([one.workflow_id for one in found])

    def grade(
        self,
        connection: sa.Connection,
        film_id: str,
        *,
        again: bool = False,
        delay_s: float = 0.0,
        last: bool = False,
    ) -> None:
        """Record that a film is to be graded; see :class:`WorkQueue`."""
        options: EnqueueOptions = {
            "workflow_name": GRADE,
            "queue_name": GRADE,
            "workflow_id": f"{film_id}:{GRADE}",
        }
        if last:
            options["priority"] = _LAST
        self._enqueue(connection, options, film_id, again=again, delay_s=delay_s)

    def fetch_priors(
        self,
        connection: sa.Connection,
        film_id: str,
        *,
        attempt: int,
        again: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Record that earlier films are to be fetched; see :class:`WorkQueue`."""
        options: EnqueueOptions = {
            "workflow_name": PRIORS,
            "queue_name": PRIORS,
            "workflow_id": f"{film_id}:{PRIORS}:{attempt}",
        }
        self._enqueue(connection, options, film_id, again=again, delay_s=delay_s)

    def deliver(
        self,
        connection: sa.Connection,
        film_id: str,
        destination: str,
        *,
        attempt: int,
        again: bool = False,
        delay_s: float = 0.0,
        priority: int = NORMAL,
    ) -> None:
        """Record that a result is to be sent to a destination; see :class:`WorkQueue`."""
        options: EnqueueOptions = {
            "workflow_name": DELIVER,
            "queue_name": DELIVER,
            "workflow_id": f"{film_id}:{destination}:{attempt}",
            "queue_partition_key": destination,
            "priority": priority,
        }
        self._enqueue(connection, options, film_id, destination, again=again, delay_s=delay_s)

    def notify(
        self,
        connection: sa.Connection,
        id: str,
        channel: str,
        *,
        attempt: int,
        again: bool = False,
        delay_s: float = 0.0,
    ) -> None:
        """Record that a notification is to be sent to a channel; see :class:`WorkQueue`."""
        options: EnqueueOptions = {
            "workflow_name": NOTIFY,
            "queue_name": NOTIFY,
            "workflow_id": f"{id}:{channel}:{attempt}",
            "queue_partition_key": channel,
        }
        self._enqueue(connection, options, id, again=again, delay_s=delay_s)

    def shadow(self, connection: sa.Connection, film_id: str, model: str) -> None:
        """Record that a model in shadow is to grade a film; see :class:`WorkQueue`."""
        options: EnqueueOptions = {
            "workflow_name": SHADOW,
            "queue_name": SHADOW,
            "workflow_id": f"{film_id}:{SHADOW}:{model[:12]}",
        }
        # A film that is graded again is graded by the shadow again.
        self._enqueue(connection, options, film_id, model, again=True, delay_s=0.0)

    def _enqueue(
        self,
        connection: sa.Connection,
        options: EnqueueOptions,
        *arguments: str,
        again: bool,
        delay_s: float,
    ) -> None:
        """Record work; what is done ``again`` has an id of its own, or it would count as done."""
        if again:
            options["workflow_id"] += f":{ULID()}"
        if delay_s:
            options["delay_seconds"] = delay_s
        self._client.enqueue_in_transaction(connection, options, *arguments)


def _is_there(url: str) -> bool:
    engine = sa.create_engine(url)
    try:
        schema = None if engine.dialect.name == "sqlite" else "dbos"
        return sa.inspect(engine).has_table("workflow_status", schema)
    finally:
        engine.dispose()


def hush_queue() -> None:
    """Have what DBOS says as a line of the log like others: its traces may quote a patient."""
    logger = logging.getLogger("dbos")
    logger.setLevel(logging.ERROR)
    if not any(isinstance(one, _InOneLine) for one in logger.filters):
        logger.addFilter(_InOneLine())


class _InOneLine(logging.Filter):
    """Says in one line that something went wrong in the queue, and drops the record itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        # The engine sets its own level when it begins, and tells what is no trouble.
        if record.levelno >= logging.ERROR:
            error = record.exc_info[1] if record.exc_info else None
            log.error("queue_trouble", where=record.funcName, type=error and type(error).__name__)
        return False
