"""Storage commitment asked of archives, PS3.4 annex J: a delivery ends once they keep it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from radiograde.service.delivery.commitment_repository import (
    CommitmentRepository,
    CommitmentRequest,
)
from radiograde.service.delivery.delivery_repository import Delivery, DeliveryRepository
from radiograde.service.delivery.destinations.destination import Committing
from radiograde.service.documents.document import Document
from radiograde.service.errors import UncommittedError

REPORT_TIMEOUT = timedelta(minutes=15)
"""How long a report is waited for before it is asked again."""

MOST_REQUESTS = 4
"""Times that an archive is asked of one delivery; then it is left to a person."""


@dataclass(frozen=True, slots=True)
class Commitments:
    """Sends what an archive is to keep, and sees to it that it says so; for threads to share."""

    repository: CommitmentRepository

    def hand_over(
        self,
        delivery: Delivery,
        documents: Sequence[Document],
        target: Committing,
        talk: Callable[[Callable[[], None]], None],
    ) -> None:
        """Return once the archive keeps the documents; they are sent again where it does not.

        ``talk``: does what it is given, and has the breaker know what came of it.

        Raises:
            UncommittedError: the archive has not said so yet, or says that it does not keep them.
            UnreachableError, RefusedError: as the destination.
            StoreError: the database is away.
        """
        objects = {str(one.sop_instance_uid): str(one.sop_class_uid) for one in documents}
        asked = self.repository.of(delivery, objects)
        last = asked[0] if asked else None
        if last is not None and last.outcome == "kept":
            self.repository.settled(delivery)
            return
        if last is not None and last.outcome is None and (left_s := _left_s(last)) > 0:
            raise _waits(target, left_s)
        if last is None or last.outcome == "missing":
            if len(asked) >= MOST_REQUESTS:
                raise UncommittedError(f"{target.name} does not keep what it was sent.")
            talk(lambda: target.send(documents, delivery.film_id))
        elif len(asked) >= MOST_REQUESTS:
            raise UncommittedError(
                f"{target.name} took everything, and was asked {len(asked)} times whether it "
                "keeps it, without a report. See whether it may send reports to this node."
            )
        self._ask(delivery, objects, target, talk)

    def _ask(
        self,
        delivery: Delivery,
        objects: dict[str, str],
        target: Committing,
        talk: Callable[[Callable[[], None]], None],
    ) -> None:
        transaction = f"2.25.{uuid.uuid4().int}"
        self.repository.add(delivery, transaction, objects)
        reported: list[frozenset[str]] = []
        try:
            talk(lambda: reported.extend(target.commit(transaction, objects)))
        except Exception:
            self.repository.forget(transaction)
            raise
        if not reported:
            raise _waits(target, REPORT_TIMEOUT.total_seconds())
        self.repository.answer(transaction, reported[0])
        if not reported[0].issuperset(objects):
            raise UncommittedError(f"{target.name} does not keep what it was sent.")
        self.repository.settled(delivery)


@dataclass(frozen=True, slots=True)
class CommitmentReports:
    """Takes the reports that archives send on associations of their own."""

    repository: CommitmentRepository
    deliveries: DeliveryRepository

    def take(self, transaction_uid: str, kept: frozenset[str]) -> bool:
        """Have the delivery go on that waits for a report; False where none does.

        Raises StoreError: the database is away; the archive is to report again.
        """
        request = self.repository.answer(transaction_uid, kept)
        if request is None:
            return False
        self.deliveries.go_on(request.film_id, request.destination)
        return True


def _left_s(request: CommitmentRequest) -> float:
    return (request.asked + REPORT_TIMEOUT - datetime.now(UTC)).total_seconds()


def _waits(target: Committing, left_s: float) -> UncommittedError:
    error = UncommittedError(
        f"{target.name} has stored it. It has not reported yet whether it keeps it."
    )
    error.report_due_s = left_s
    return error
