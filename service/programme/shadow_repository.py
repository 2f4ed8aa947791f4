"""The table of what a model in shadow made of live films, beside their results."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.monitor_tables import shadow_gradings
from radiograde.service.database.rows import first_of
from radiograde.service.database.tables import results
from radiograde.service.programme.model_repository import IN_SHADOW, SiteModel
from radiograde.service.queue import WorkQueue

MOST = 5000
"""Films that are compared, the last ones."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The same film as production graded it, and as the shadow did; both are results' JSON."""

    production: dict[str, Any]
    shadow: dict[str, Any]


class ShadowRepository:
    """Keeps ``shadow_gradings``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, queue: WorkQueue) -> None:
        self._database = database
        self._queue = queue

    def plan(self, connection: sa.Connection, film_id: str) -> None:
        """Have the shadow grade a film, where there is one and the film is of its share.

        In the transaction that keeps the film's result.
        """
        model = first_of(connection, IN_SHADOW, SiteModel)
        if model is not None and _lot(film_id) < (model.shadow_share or 0.0):
            self._queue.shadow(connection, film_id, model.sha256)

    def model(self) -> SiteModel | None:
        """Return the model in shadow; None where there is none."""
        return self._database.first(IN_SHADOW, SiteModel)

    def add(
        self, film_id: str, model: str, document: Mapping[str, Any], beside: str | None
    ) -> None:
        """Keep what the shadow made of a film; ``beside``: the model that its result is of."""
        same = sa.and_(shadow_gradings.c.film_id == film_id, shadow_gradings.c.model == model)
        row = {
            "film_id": film_id,
            "model": model,
            "graded": datetime.now(UTC),
            "document": document,
            "beside": beside,
        }
        with self._database.write() as connection:
            connection.execute(sa.delete(shadow_gradings).where(same))
            connection.execute(sa.insert(shadow_gradings), row)

    def pairs(self, model: str) -> list[Pair]:
        """Return what a model made of films in shadow, the last first, beside their results.

        Not of films that were graded by another model since.
        """
        query = (
            sa.select(
                results.c.document.label("production"), shadow_gradings.c.document.label("shadow")
            )
            .join_from(shadow_gradings, results, shadow_gradings.c.film_id == results.c.id)
            .where(
                shadow_gradings.c.model == model,
                shadow_gradings.c.beside == results.c.model_sha256,
            )
        )
        newest = query.order_by(shadow_gradings.c.graded.desc()).limit(MOST)
        return self._database.rows(newest, Pair)


def _lot(film_id: str) -> float:
    """Return a number in [0, 1) that is the film's own."""
    return int(hashlib.sha256(film_id.encode()).hexdigest()[:8], 16) / 2**32
