"""The table of commitments: what archives were asked to keep, and what they said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of, first_of
from radiograde.service.database.tables import commitments
from radiograde.service.delivery.delivery_repository import Delivery

Outcome = Literal["kept", "missing"]


@dataclass(frozen=True, slots=True)
class CommitmentRequest:
    """One request of storage commitment, PS3.4 J.3.2.

    ``begun``: the delivery's, of which it is part. ``objects``: SOP Instance UIDs. ``outcome``:
    None until there is a report.
    """

    transaction_uid: str
    film_id: str
    destination: str
    begun: datetime
    asked: datetime
    objects: list[str]
    outcome: Outcome | None


_REQUESTS = sa.select(*columns_of(commitments, CommitmentRequest))


class CommitmentRepository:
    """Keeps ``commitments``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, delivery: Delivery, objects: Collection[str]) -> list[CommitmentRequest]:
        """Return what was asked of these objects in a delivery, the last first."""
        query = _REQUESTS.where(
            commitments.c.film_id == delivery.film_id,
            commitments.c.destination == delivery.destination,
            commitments.c.begun == delivery.begun,
        )
        found = self._database.rows(query.order_by(commitments.c.asked.desc()), CommitmentRequest)
        return [one for one in found if set(one.objects) == set(objects)]

    def add(self, delivery: Delivery, transaction_uid: str, objects: Collection[str]) -> None:
        """Record what is about to be asked: the report may be there before the answer."""
        row = {
            "transaction_uid": transaction_uid,
            "film_id": delivery.film_id,
            "destination": delivery.destination,
            "begun": delivery.begun,
            "asked": datetime.now(UTC),
            "objects": sorted(objects),
        }
        with self._database.write() as connection:
            connection.execute(sa.insert(commitments), row)

    def answer(self, transaction_uid: str, kept: Collection[str]) -> CommitmentRequest | None:
        """Record what an archive says that it keeps; None where it was not asked, or has said so.

        An object that it does not name it does not keep.
        """
        one = sa.and_(
            commitments.c.transaction_uid == transaction_uid, commitments.c.outcome.is_(None)
        )
        with self._database.write() as connection:
            request = first_of(connection, _REQUESTS.where(one), CommitmentRequest)
            if request is None:
                return None
            outcome = "kept" if set(request.objects) <= set(kept) else "missing"
            connection.execute(sa.update(commitments).where(one).values(outcome=outcome))
        return request

    def forget(self, transaction_uid: str) -> None:
        """Remove a request that did not arrive."""
        asked = commitments.c.transaction_uid == transaction_uid
        with self._database.write() as connection:
            connection.execute(sa.delete(commitments).where(asked))

    def settled(self, delivery: Delivery) -> None:
        """Remove what was asked of a delivery that is done, and of those before it."""
        done = sa.and_(
            commitments.c.film_id == delivery.film_id,
            commitments.c.destination == delivery.destination,
        )
        with self._database.write() as connection:
            connection.execute(sa.delete(commitments).where(done))
