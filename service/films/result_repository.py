"""The table of results: one row a graded film, with its JSON and what it is found by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.model.scoring.result import SeverityResult, Status
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import first_of
from radiograde.service.database.tables import results
from radiograde.service.films.film_days import day_of_film
from radiograde.service.projects.film_access import EVERY_FILM, FilmAccess


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result as it is kept. ``document``: its JSON. ``began``: when its analysis began."""

    id: str
    document: dict[str, Any]
    began: datetime


_QUERY = sa.select(results.c.id, results.c.document, results.c.created.label("began"))


@dataclass(frozen=True, slots=True)
class Page:
    """Result documents, newest first; ``next`` is the cursor of the page after, if any."""

    documents: list[dict[str, Any]]
    next: str | None


class ResultRepository:
    """Keeps and finds results; safe to share among threads.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, connection: sa.Connection, result: SeverityResult, began: datetime) -> None:
        """Keep the result of the film that has its id, in a transaction that its caller ends.

        ``began``: when its analysis began.
        """
        connection.execute(sa.insert(results).values(_row_of(result, began)))

    def move(self, connection: sa.Connection, result: SeverityResult, began: datetime) -> None:
        """Have a kept result be of a film whose header was corrected; its scores stay.

        ``result``: of the corrected film, which says what the image is. ``began``: when it was
        read. In a transaction that its caller ends.
        """
        kept = connection.execute(_QUERY.where(results.c.id == result.id)).one()
        row = _row_of(result, began)
        facts = {name: row[name] for name in _OF_IMAGE}
        document = {**kept.document, "image": row["document"]["image"]}
        moved = sa.update(results).where(results.c.id == result.id)
        connection.execute(moved.values(**facts, document=document))

    def remove(self, connection: sa.Connection, id: str) -> None:
        """Remove a film's result, in the transaction that keeps another in its place."""
        connection.execute(sa.delete(results).where(results.c.id == id))

    def find(self, id: str) -> StoredResult | None:
        """Return the result kept under an id; None where there is none."""
        with self._database.reading() as connection:
            return self.read(connection, id)

    def read(self, connection: sa.Connection, id: str) -> StoredResult | None:
        """Return the result kept under an id, within its caller's transaction."""
        return first_of(connection, _QUERY.where(results.c.id == id), StoredResult)

    def stored(self, id: str) -> StoredResult:
        """Return the result kept under an id. Raises NotFoundError."""
        found = self.find(id)
        if found is None:
            raise NotFoundError("No result has this id. GET /v1/results lists those kept.")
        return found

    def get(self, id: str) -> dict[str, Any]:
        """Return the document kept under an id. Raises NotFoundError."""
        return self.stored(id).document

    def page(
        self,
        limit: int,
        before: str | None = None,
        status: Status | None = None,
        access: FilmAccess = EVERY_FILM,
    ) -> Page:
        """Return up to ``limit`` documents, newest first, older than the id ``before``."""
        query = _QUERY.where(*access.within(results.c.id)).order_by(results.c.id.desc())
        if before is not None:
            query = query.where(results.c.id < before)
        if status is not None:
            query = query.where(results.c.status == status)
        found = self._database.rows(query.limit(limit + 1), StoredResult)
        more = len(found) > limit
        return Page([one.document for one in found[:limit]], found[limit - 1].id if more else None)


_OF_IMAGE = (
    "created",
    "image_sha256",
    "study_instance_uid",
    "sop_instance_uid",
    "recorded",
    "day",
)


def _row_of(result: SeverityResult, began: datetime) -> dict[str, Any]:
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
        "day": day_of_film(result.id),
    }
