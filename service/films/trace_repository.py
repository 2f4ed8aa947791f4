"""The table of traces: how each result came about. A trace goes with its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import results, traces

_ADD = sa.insert(traces)


@dataclass(frozen=True, slots=True)
class _Trace:
    document: dict[str, Any]


class TraceRepository:
    """Keeps and finds traces; safe to share among threads.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, connection: sa.Connection, id: str, document: Mapping[str, Any]) -> None:
        """Keep the trace of a result, in the transaction that keeps the result."""
        connection.execute(_ADD, {"id": id, "document": document})

    def find(self, id: str) -> dict[str, Any] | None:
        """Return the trace of a result; None where none was kept."""
        query = sa.select(traces.c.document).where(traces.c.id == id)
        found = self._database.first(query, _Trace)
        return None if found is None else found.document

    def get(self, id: str) -> dict[str, Any]:
        """Return the trace of a result. Raises NotFoundError."""
        found = self.find(id)
        if found is None:
            raise NotFoundError(
                "No trace is kept under this id: no such result, or one of a former version."
            )
        return found

    def graded_since(self, moment: datetime, after: str = "", limit: int = 500) -> list[str]:
        """Return ids of results whose analysis began at a moment or later, in their order.

        ``after``: those behind this id.
        """
        query = sa.select(results.c.id).where(results.c.created >= moment, results.c.id > after)
        return self._database.values(query.order_by(results.c.id).limit(limit), str)
