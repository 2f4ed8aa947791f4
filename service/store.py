"""Where results are kept: one row a graded file, written before its answer is sent.

The row holds the result document and what it is looked up by. The uploaded bytes are not
kept, and nothing that names a patient: DICOM UIDs are the only link back to the study.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from ulid import ULID

from model.errors import NotFoundError
from model.result import SeverityResult, Status
from service.database import open_engine
from service.errors import StoreError

metadata = sa.MetaData()

results = sa.Table(
    "results",
    metadata,
    sa.Column("id", sa.String(26), primary_key=True),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("model_sha256", sa.String(64), nullable=False),
    sa.Column("image_sha256", sa.String, index=True),
    sa.Column("study_instance_uid", sa.String, index=True),
    sa.Column("sop_instance_uid", sa.String, index=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Index("ix_results_status", "status", "id"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Result documents, newest first; ``next`` is the cursor of the page after, if any."""

    documents: list[dict[str, Any]]
    next: str | None


class ResultStore:
    """Keeps results; safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Open the store at a SQLAlchemy URL and bring its tables up to date.

        Raises:
            StoreError: the database cannot be opened.
        """
        self._engine = open_engine(url)

    def close(self) -> None:
        """Give the connections back; the store is not to be used afterwards."""
        self._engine.dispose()

    def ping(self) -> None:
        """Return when the database answers.

        Raises:
            StoreError: it does not.
        """
        self._execute(sa.select(sa.literal(1)))

    def add(self, result: SeverityResult) -> SeverityResult:
        """Keep the result under a new id, a ULID, and return it with that id.

        Raises:
            StoreError: the row could not be committed.
        """
        kept = dataclasses.replace(result, id=str(ULID()))
        image = kept.image
        row = {
            "id": kept.id,
            "created": datetime.now(UTC),
            "status": kept.status,
            "model_sha256": kept.model.sha256,
            "image_sha256": image and image.sha256,
            "study_instance_uid": image and image.study_instance_uid,
            "sop_instance_uid": image and image.sop_instance_uid,
            "document": kept.to_json(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(results), row)
        except SQLAlchemyError as error:
            raise _unavailable(error) from error
        return kept

    def get(self, id: str) -> dict[str, Any]:
        """Return the document kept under an id.

        Raises:
            NotFoundError: there is none.
            StoreError: the database does not answer.
        """
        rows = self._execute(sa.select(results.c.document).where(results.c.id == id))
        if not rows:
            raise NotFoundError("No result has this id. GET /v1/results lists those kept.")
        document: dict[str, Any] = rows[0][0]
        return document

    def page(self, limit: int, before: str | None = None, status: Status | None = None) -> Page:
        """Return up to ``limit`` documents, newest first, older than the id ``before``.

        Raises:
            StoreError: the database does not answer.
        """
        query = sa.select(results.c.id, results.c.document).order_by(results.c.id.desc())
        if before is not None:
            query = query.where(results.c.id < before)
        if status is not None:
            query = query.where(results.c.status == status)
        rows = self._execute(query.limit(limit + 1))
        more = len(rows) > limit
        return Page(
            [document for _, document in rows[:limit]], rows[limit - 1][0] if more else None
        )

    def _execute(self, query: sa.Select[Any]) -> list[Any]:
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(query))
        except SQLAlchemyError as error:
            raise _unavailable(error) from error


def _unavailable(error: SQLAlchemyError) -> StoreError:
    return StoreError(
        f"The results store does not answer ({type(error).__name__}). Try again shortly."
    )
