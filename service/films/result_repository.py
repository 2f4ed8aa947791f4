"""Kept results: one row a graded file, with its document and what it is looked up by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.model.scoring.result import SeverityResult, Status
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import results


@dataclass(frozen=True, slots=True)
class Page:
    """Result documents, newest first; ``next`` is the cursor of the page after, if any."""

    documents: list[dict[str, Any]]
    next: str | None


class ResultRepository:
    """Looks up results; safe to share between threads.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, id: str) -> dict[str, Any]:
        """Return the document kept under an id. Raises NotFoundError."""
        return self.dated(id)[0]

    def dated(self, id: str) -> tuple[dict[str, Any], datetime]:
        """Return the document kept under an id, and when its analysis began, in UTC.

        Raises:
            NotFoundError: there is none.
        """
        query = sa.select(results.c.document, results.c.created).where(results.c.id == id)
        rows = self._database.read(query)
        if not rows:
            raise NotFoundError("No result has this id. GET /v1/results lists those kept.")
        document, began = rows[0]
        return document, began

    def page(self, limit: int, before: str | None = None, status: Status | None = None) -> Page:
        """Return up to ``limit`` documents, newest first, older than the id ``before``."""
        query = sa.select(results.c.id, results.c.document).order_by(results.c.id.desc())
        if before is not None:
            query = query.where(results.c.id < before)
        if status is not None:
            query = query.where(results.c.status == status)
        rows = self._database.read(query.limit(limit + 1))
        more = len(rows) > limit
        return Page(
            [document for _, document in rows[:limit]], rows[limit - 1][0] if more else None
        )


def row_of(result: SeverityResult, began: datetime) -> dict[str, Any]:
    """Return the row of a result that has its id; ``began``: when its analysis began."""
    image = result.image
    return {
        "id": result.id,
        "created": began,
        "status": result.status,
        "model_sha256": result.model.sha256,
        "image_sha256": image and image.sha256,
        "study_instance_uid": image and image.study_instance_uid,
        "sop_instance_uid": image and image.sop_instance_uid,
        "document": result.to_json(),
        "recorded": datetime.now(UTC),
        "severity": result.severity,
        "brixia": result.scores and result.scores.brixia.value,
    }
