"""Recording a review, and seeing to it that destinations are told of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog
from ulid import ULID

from radiograde.service.config.site import DestinationConfig, Kind
from radiograde.service.database.tables import films
from radiograde.service.documents.builders import WITH_REVIEWS
from radiograde.service.errors import NotReviewableError
from radiograde.service.grading.records import Records
from radiograde.service.reviews.review import Judgement, Review

log = structlog.get_logger("radiograde.reviews")

SENT_AGAIN: frozenset[Kind] = WITH_REVIEWS | {"sr"}
"""Documents of which there is another after a review."""


class ReviewRecorder:
    """Records reviews; safe to share among threads."""

    def __init__(self, records: Records, destinations: Collection[DestinationConfig]) -> None:
        self._records = records
        self._told = [one.name for one in destinations if SENT_AGAIN & set(one.kinds)]

    def record(self, result_id: str, reviewer: str, judgement: Judgement) -> Review:
        """Return the review as it is kept from now on.

        In the same transaction the result's deliveries that tell of reviews are set going again.
        Where the film is no longer kept nothing is sent: no document can be made of it.

        Raises:
            NotFoundError: no such result.
            NotReviewableError: the file could not be read.
            StoreError: the database does not answer; nothing was recorded.
        """
        if self._records.store.get(result_id)["status"] == "failed":
            raise NotReviewableError(
                "This file could not be read, so there is nothing to review. Send the film again."
            )
        review = Review(str(ULID()), result_id, reviewer, datetime.now(UTC), judgement)
        with self._records.database.write() as connection:
            self._records.reviews.add(connection, review)
            kept = sa.select(films.c.id).where(films.c.id == result_id, films.c.kept)
            if connection.execute(kept).first() is not None:
                self._records.deliveries.send_anew(connection, result_id, self._told)
        log.info("reviewed", result_id=result_id, review_id=review.id, verdict=review.verdict)
        return review
