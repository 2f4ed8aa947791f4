"""What readers made of the model's scores, as a series in time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.tables import results, reviews
from radiograde.service.monitoring.control_chart import GROUP

MONTH = timedelta(days=30)
MOST = 5000
"""Reviews that are looked at: of more of them the first half, and the last ones."""


@dataclass(frozen=True, slots=True)
class _Review:
    created: datetime
    verdict: str
    zones: dict[str, Any] | None
    brixia: float


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
    count = database.values(sa.select(sa.func.count()).select_from(query.subquery()), int)[0]
    # Whole points of the chart are left out: the others stay as they are.
    left_out = max(0, math.ceil((count - MOST) / GROUP)) * GROUP
    ordered, half = query.order_by(reviews.c.created, reviews.c.id), MOST // 2
    found = database.rows(ordered.limit(half), _Review)
    found += database.rows(ordered.offset(half + left_out), _Review)
    differences = [
        0.0 if one.zones is None else sum(map(float, one.zones.values())) - one.brixia
        for one in found
    ]
    first = sum(one.created < found[0].created + MONTH for one in found)
    lasted = max((found[-1].created - found[0].created) / MONTH, 1.0) if found else 1.0
    return ReviewSeries(differences, first, count / lasted)
