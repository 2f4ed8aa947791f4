"""How many connections to PostgreSQL a process holds, and a pooler that would break them.

PostgreSQL admits 100 of all processes together (``max_connections``). SQLite is a file: it has
as many as threads ask for.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine

from radiograde.service.errors import StoreError

RESULTS_KEPT = 3
RESULTS_MOST = 8
"""Connections to the results: those kept open, and those at once; who comes then waits its turn."""

AUDIT_MOST = 2
"""Connections to the audit trail; those that write to it take turns anyway."""

QUEUE_MOST = 1
"""Connections by which the queue is looked after; work is recorded in its caller's transaction."""

WORKING_MOST = 4
"""Connections by which a worker takes work from the queue; one more listens."""

_WAIT_S = 30.0
_ROUNDS = 3


def pool_options(url: str, kept: int, most: int) -> dict[str, Any]:
    """Return the options of an engine that holds so many connections to PostgreSQL."""
    if url.startswith("sqlite"):
        return {}
    return {"pool_size": kept, "max_overflow": most - kept, "pool_timeout": _WAIT_S}


def refuse_transaction_pooling(engine: Engine) -> None:
    """Return where each connection stays with one process of PostgreSQL.

    Between transactions, pgbouncer in transaction mode gives the process that answers one
    connection to another; prepared statements and LISTEN would be another's from then on.

    Raises:
        StoreError: two connections were answered by the same process, or one by two.
        SQLAlchemyError: the database does not answer.
    """
    with engine.connect() as first, engine.connect() as second:
        second.detach()
        answered = [(_answering(first), _answering(second)) for _ in range(_ROUNDS)]
    firsts, seconds = (set(pids) for pids in zip(*answered, strict=True))
    if len(firsts) > 1 or len(seconds) > 1 or firsts & seconds:
        raise StoreError(
            "RADIOGRADE_DATABASE_URL leads to a pooler in transaction mode, in which sessions "
            "are not kept. Set pool_mode = session for this database in pgbouncer, or "
            "name PostgreSQL itself."
        )


def _answering(connection: sa.Connection) -> int:
    """Return the process of PostgreSQL that answers; the transaction is over afterwards."""
    pid = int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
    connection.rollback()
    return pid
