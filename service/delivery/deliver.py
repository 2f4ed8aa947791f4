"""Sending a result's documents to a destination, once what is recorded says so."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import structlog

from radiograde.model.errors import NotFoundError
from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import SERVICE, AuditEvent
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.backoff import patiently
from radiograde.service.config.site import DestinationConfig
from radiograde.service.delivery.asked_commitment import Commitments
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.commitment_repository import CommitmentRepository
from radiograde.service.delivery.delivery_repository import (
    Delivery,
    DeliveryRepository,
    ParkedListener,
)
from radiograde.service.delivery.destinations.destination import Committing, Destination
from radiograde.service.delivery.quiet_hours import LONGEST_REST_S, local_now, quiet_for_s
from radiograde.service.delivery.retry_policy import (
    MOST_STARTS,
    OWN_FAULT_DELAY_S,
    RetryPolicy,
)
from radiograde.service.delivery.take_back import TakeBack
from radiograde.service.documents.document_form import form_for
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.errors import (
    DeliveryError,
    GaveUpError,
    NoSpaceError,
    RefusedError,
    StoreError,
    UncommittedError,
    UnreachableError,
)
from radiograde.service.reviews.withdrawal import Withdrawal
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository

log = structlog.get_logger("radiograde.work")


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Delivers what is recorded as to be delivered; safe to share among threads.

    ``destinations``: by name, each with its part of the site file. ``stop``: ends the waiting
    for a database that is away. ``clock``: local time, for quiet hours. ``parked``: hears of what
    was given up, in the same transaction.
    """

    deliveries: DeliveryRepository
    document_store: DocumentStore
    destinations: Mapping[str, tuple[DestinationConfig, Destination]]
    retries: RetryPolicy
    breakers: Breakers = field(default_factory=Breakers)
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], datetime] = local_now
    parked: ParkedListener | None = None
    audit: AuditLog | None = None

    @property
    def take_back(self) -> TakeBack:
        """What has destinations reject what no longer holds."""
        repository = WithdrawalRepository(self.deliveries.database)
        return TakeBack(repository, self.document_store)

    @property
    def commitments(self) -> Commitments:
        """What has archives say that they keep what they were sent."""
        return Commitments(CommitmentRepository(self.deliveries.database))

    def was_begun(self, film_id: str, destination: str) -> bool:
        """Return whether a delivery that waits was begun and not ended: see the repository.

        Raises:
            StoreError: the database is away.
        """
        return self.deliveries.was_begun(film_id, destination)

    def deliver(self, film_id: str, destination: str) -> None:
        """Send a result's documents to a destination; on failure record when to try again.

        May be begun again at any time after a crash. A failure of this side counts for nothing,
        and the delivery goes on by itself.

        Raises:
            StoreError: the database is away, and nothing is begun.
        """
        delivery = self.deliveries.begin(film_id, destination)
        if delivery is None:
            return
        if delivery.starts > MOST_STARTS:
            self._park(delivery, GaveUpError("Sending it ended the worker each time."))
        elif self._is_overdue(delivery) or self.breakers.may_try(destination):
            self._try(delivery)
        else:
            # It stands until the destination answers: whoever reconciles has it sent then.
            silent = UnreachableError("The destination does not answer.")
            self._record(lambda: self.deliveries.set_back(delivery, silent))

    def _try(self, delivery: Delivery) -> None:
        try:
            if quiet_s := self._quiet_for_s(delivery):
                self.deliveries.rest(delivery, min(quiet_s, LONGEST_REST_S))
                return
            is_up_to_date = self._bring_up_to_date(delivery)
        except UncommittedError as error:
            self._after_no_commitment(delivery, error)
        except DeliveryError as error:
            self._after_failure(delivery, error)
        except NotFoundError:
            self._after_failure(delivery, UnreachableError("The film is being graded again."))
        except (StoreError, NoSpaceError, OSError) as error:
            log.error("delivery_waits", film_id=delivery.film_id, type=type(error).__name__)
            self._record(lambda: self.deliveries.set_back(delivery, delay_s=OWN_FAULT_DELAY_S))
        except Exception as error:  # noqa: BLE001 - whatever a document or a library may raise
            name = type(error).__name__
            log.error("delivery_broke", destination=delivery.destination, type=name)
            self._after_failure(delivery, RefusedError(f"It could not be sent ({name})."))
        else:
            if not is_up_to_date:
                self._record(lambda: self.deliveries.set_back(delivery, delay_s=0.0))
                return
            self._record(lambda: self.deliveries.delivered(delivery))
            self._note(delivery)
            log.info("delivered", film_id=delivery.film_id, destination=delivery.destination)

    def _note(self, delivery: Delivery) -> None:
        if self.audit is not None:
            detail = {"destination": delivery.destination}
            self.audit.note(
                AuditEvent(Action.RESULT_DELIVER, SERVICE, delivery.film_id, detail=detail)
            )

    def _quiet_for_s(self, delivery: Delivery) -> float:
        """Return for how long a delivery waits for the end of quiet hours; 0: it does not.

        A result that was withdrawn is taken back at any hour.
        """
        known = self.destinations.get(delivery.destination)
        if known is None or delivery.is_urgent:
            return 0.0
        quiet_s = quiet_for_s(known[0].quiet_hours, self.clock())
        last = self.take_back.last(delivery.film_id) if quiet_s else None
        return 0.0 if last is not None and last.stands else quiet_s

    def _bring_up_to_date(self, delivery: Delivery) -> bool:
        """Have the destination reject what no longer holds, and send it what does.

        Return False where that has changed meanwhile, so that it is to be begun anew.
        """
        if delivery.destination not in self.destinations:
            raise RefusedError(
                "The site file no longer has this destination. Put it back, then retry the job."
            )
        last = self.take_back.last(delivery.film_id)
        if last is not None:
            self._take_back(delivery, last)
        return self._send(delivery) if last is None or not last.stands else True

    def _send(self, delivery: Delivery) -> bool:
        """Send what holds; False where it was withdrawn or graded again while it was read."""
        config, target = self.destinations[delivery.destination]
        began = self.document_store.began(delivery.film_id)
        kinds = delivery.kinds or config.kinds
        documents = self.document_store.kept(delivery.film_id, kinds, form_for(config))
        if not documents:
            return True
        if not self.take_back.record(delivery, documents, began):
            return False
        if isinstance(target, Committing) and target.commits:
            talk = partial(self._talk, delivery)
            self.commitments.hand_over(delivery, documents, target, talk)
        else:
            self._talk(delivery, lambda: target.send(documents, delivery.film_id))
        return True

    def _take_back(self, delivery: Delivery, last: Withdrawal) -> None:
        config, target = self.destinations[delivery.destination]
        # A destination that nothing is said to has not answered.
        taken = self.take_back.due(delivery, config, last)
        if taken is not None:
            self._talk(delivery, lambda: target.withdraw(taken, delivery.film_id))
            self.take_back.done(taken)

    def _talk(self, delivery: Delivery, talk: Callable[[], None]) -> None:
        """Send something, and have the breaker know what came of it."""
        try:
            talk()
        except UnreachableError as error:
            self.breakers.failed(delivery.destination, error.retry_after_s)
            raise
        except RefusedError:
            self.breakers.answered(delivery.destination)
            raise
        self.breakers.answered(delivery.destination)

    def _after_no_commitment(self, delivery: Delivery, error: UncommittedError) -> None:
        if error.report_due_s is None:
            self._after_failure(delivery, error)
            return
        self._record(lambda: self.deliveries.set_back(delivery, error, error.report_due_s))

    def _after_failure(self, delivery: Delivery, error: DeliveryError) -> None:
        delay_s = self.retries.delay_s(
            delivery.attempts + 1,
            datetime.now(UTC) - delivery.begun,
            refused=not isinstance(error, UnreachableError),
        )
        if delay_s is None:
            self._park(delivery, error)
            return
        put_off_s = max(delay_s, self.breakers.due_in_s(delivery.destination))
        self._record(lambda: self.deliveries.put_off(delivery, error, put_off_s))
        if delivery.destination not in self.breakers.down():
            log.warning(
                "delivery_put_off",
                film_id=delivery.film_id,
                destination=delivery.destination,
                error=error.code,
                again_in_s=put_off_s,
            )

    def _park(self, delivery: Delivery, error: DeliveryError) -> None:
        self._record(lambda: self.deliveries.park(delivery, error, self.parked))
        log.error(
            "delivery_parked",
            film_id=delivery.film_id,
            destination=delivery.destination,
            error=error.code,
            attempts=delivery.attempts + 1,
        )

    def _is_overdue(self, delivery: Delivery) -> bool:
        return datetime.now(UTC) - delivery.begun > self.retries.give_up_after

    def _record(self, action: Callable[[], None]) -> None:
        patiently(action, StoreError, self.stop)
