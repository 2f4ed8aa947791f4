"""Recording a review, and sending the documents that show it to the destinations again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog
from ulid import ULID

from radiograde.service.config.site import DestinationConfig, DocumentKind
from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films
from radiograde.service.delivery.delivery_repository import DeliveryRepository
from radiograde.service.documents.document_kinds import WITH_REVIEWS
from radiograde.service.errors import NotReviewableError, WithdrawnError
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.reviews.review import Judgement, Review
from radiograde.service.reviews.review_repository import ReviewRepository
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository

log = structlog.get_logger("radiograde.reviews")

SENT_AGAIN: frozenset[DocumentKind] = WITH_REVIEWS | {"sr"}
"""Documents of which there is another after a review."""


class ReviewRecorder:
    """Records reviews; safe to share among threads."""

    def __init__(
        self,
        database: Database,
        results: ResultRepository,
        reviews: ReviewRepository,
        deliveries: DeliveryRepository,
        destinations: Collection[DestinationConfig],
    ) -> None:
        self._database = database
        self._results = results
        self._reviews = reviews
        self._deliveries = deliveries
        self._withdrawals = WithdrawalRepository(database)
        self._kinds = {one.name: one.kinds for one in destinations}

    def record(
        self, result_id: str, reviewer: str, judgement: Judgement, *, deliver: bool = True
    ) -> Review:
        """Return the review as it is kept from now on.

        In the same transaction the result's deliveries that show reviews are set going again,
        unless ``deliver`` is False.
        Where the film is no longer kept nothing is sent: no document can be made of it.

        Raises:
            NotFoundError: no such result.
            NotReviewableError: the file could not be read.
            WithdrawnError: the result was withdrawn.
            StoreError: the database does not answer; nothing was recorded.
        """
        if self._results.get(result_id)["status"] == "failed":
            raise NotReviewableError(
                "This file could not be read, so there is nothing to review. Send the film again."
            )
        showing = self._showing_reviews(result_id) if deliver else []
        review = Review(str(ULID()), result_id, reviewer, datetime.now(UTC), judgement)
        with self._database.write() as connection:
            if self._withdrawals.standing_in(connection, result_id) is not None:
                raise WithdrawnError(
                    "This result was withdrawn, so there is nothing to review. Have the film "
                    "graded again."
                )
            self._reviews.add(connection, review)
            kept = sa.select(films.c.id).where(films.c.id == result_id, films.c.kept)
            if connection.execute(kept).first() is not None:
                self._deliveries.send_anew(connection, result_id, showing)
        log.info("reviewed", result_id=result_id, review_id=review.id, verdict=review.verdict)
        return review

    def _showing_reviews(self, result_id: str) -> list[str]:
        """Return the destinations that have documents of a result which show reviews."""
        return [
            one.destination
            for one in self._deliveries.of_films([result_id])
            if SENT_AGAIN & set(one.kinds or self._kinds.get(one.destination, ()))
        ]
