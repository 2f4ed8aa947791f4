"""What readers made of the model's scores, and what became of deliveries, as series in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.tables import deliveries, results, reviews

MONTH = timedelta(days=30)
MOST = 5000
"""Reviews that are looked at, the last ones."""


@dataclass(frozen=True, slots=True)
class _Review:
    created: datetime
    verdict: str
    zones: dict[str, Any] | None
    brixia: float


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery that arrived or was given up, and when."""

    updated: datetime
    state: str


@dataclass(frozen=True, slots=True)
class ReviewSeries:
    """Readers' global scores minus the model's, in the order of their reviews.

    ``first``: how many of them are of the first month. ``a_month``: how many a month brought.
    """

    differences: list[float]
    first: int
    a_month: float


def review_series(database: Database, model: str, since: datetime | None) -> ReviewSeries:
    """Return the reviews of a model's results after a moment; of each result the last one counts.

    Who accepts a score differs by nothing. Raises StoreError.
    """
    newest = sa.select(sa.func.max(reviews.c.id)).group_by(reviews.c.result_id).scalar_subquery()
    query = (
        sa.select(reviews.c.created, reviews.c.verdict, reviews.c.zones, results.c.brixia)
        .join_from(reviews, results, reviews.c.result_id == results.c.id)
        .where(
            reviews.c.id.in_(newest),
            results.c.model_sha256 == model,
            results.c.brixia.is_not(None),
            reviews.c.verdict.in_(("accepted", "corrected")),
        )
    )
    if since is not None:
        query = query.where(reviews.c.created > since)
    found = database.rows(query.order_by(reviews.c.created.desc()).limit(MOST), _Review)[::-1]
    differences = [
        0.0 if one.zones is None else sum(map(float, one.zones.values())) - one.brixia
        for one in found
    ]
    first = sum(one.created < found[0].created + MONTH for one in found)
    lasted = max((found[-1].created - found[0].created) / MONTH, 1.0) if found else 1.0
    return ReviewSeries(differences, first, len(found) / lasted)


def delivery_states(database: Database, since: datetime | None) -> list[Delivered]:
    """Return the last deliveries that arrived or were given up, in their order. Raises StoreError.

    ``since``: only those that were so later.
    """
    query = sa.select(deliveries.c.updated, deliveries.c.state).where(
        deliveries.c.state.in_(("delivered", "parked"))
    )
    if since is not None:
        query = query.where(deliveries.c.updated > since)
    newest = query.order_by(deliveries.c.updated.desc()).limit(MOST)
    return database.rows(newest, Delivered)[::-1]
