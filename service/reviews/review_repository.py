"""The table of reviews: what readers said of results. Nothing in it is ever changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of, in_parts
from radiograde.service.database.tables import Verdict, reviews
from radiograde.service.reviews.review import Judgement, Review


@dataclass(frozen=True, slots=True)
class _StoredReview:
    id: str
    result_id: str
    reviewer: str
    created: datetime
    verdict: Verdict
    zones: Mapping[str, int] | None
    comment: str | None

    def review(self) -> Review:
        judgement = Judgement(self.verdict, self.zones, self.comment)
        return Review(self.id, self.result_id, self.reviewer, self.created, judgement)


_QUERY = sa.select(*columns_of(reviews, _StoredReview))


class ReviewRepository:
    """Keeps the table ``reviews``; safe to share among threads and processes.

    A reader may judge a result again: the newest review of a reader is the one that counts, and
    the newest of all stands for the result. Every method raises StoreError where the database does
    not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, connection: sa.Connection, review: Review) -> None:
        """Record a review in a transaction that its caller ends; its result must be kept."""
        connection.execute(
            sa.insert(reviews),
            {
                "id": review.id,
                "result_id": review.result_id,
                "reviewer": review.reviewer,
                "created": review.created,
                "verdict": review.verdict,
                "zones": sa.null() if review.zones is None else dict(review.zones),
                "comment": review.comment,
            },
        )

    def get(self, result_id: str, review_id: str) -> Review:
        """Return one review of a result, whether it still counts or not.

        Raises:
            NotFoundError: there is none such.
        """
        query = _QUERY.where(reviews.c.id == review_id, reviews.c.result_id == result_id)
        found = self._database.first(query, _StoredReview)
        if found is None:
            raise NotFoundError(
                "The result has no review with this id. GET /v1/results/{id}/reviews lists them."
            )
        return found.review()

    def of(self, result_id: str) -> list[Review]:
        """Return the reviews of a result that count, newest first: one a reader."""
        return self.of_each([result_id]).get(result_id, [])

    def of_each(self, result_ids: Iterable[str]) -> Mapping[str, list[Review]]:
        """Return the reviews that count, newest first, of each result that has any."""
        found: dict[str, list[Review]] = {}
        for some in in_parts(result_ids):
            _gather(self._newest_first(reviews.c.result_id.in_(some)), found)
        return found

    def newest(self, result_ids: Iterable[str]) -> Mapping[str, Review]:
        """Return the newest review of each result that has any."""
        return {id: found[0] for id, found in self.of_each(result_ids).items()}

    def reviewed(self, since: datetime | None = None) -> Mapping[str, list[Review]]:
        """Return the reviews that count, as :meth:`of_each`, of every result reviewed ``since``."""
        query = sa.select(reviews.c.result_id).distinct().order_by(reviews.c.result_id)
        if since is not None:
            query = query.where(reviews.c.created >= since)
        return self.of_each(self._database.values(query, str))

    def _newest_first(self, chosen: sa.ColumnElement[bool]) -> Sequence[_StoredReview]:
        query = _QUERY.where(chosen).order_by(reviews.c.created.desc(), reviews.c.id.desc())
        return self._database.rows(query, _StoredReview)


def _gather(rows: Sequence[_StoredReview], found: dict[str, list[Review]]) -> None:
    """Add each reader's newest review to those of its result; ``rows`` begin with the newest."""
    counted: set[tuple[str, str]] = set()
    for row in rows:
        if (row.result_id, row.reviewer) not in counted:
            counted.add((row.result_id, row.reviewer))
            found.setdefault(row.result_id, []).append(row.review())
