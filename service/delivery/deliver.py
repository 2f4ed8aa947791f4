"""Sending a result's documents to a destination; when a failed delivery is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from radiograde.model.errors import NotFoundError
from radiograde.service.backoff import Backoff
from radiograde.service.config.site import DestinationConfig
from radiograde.service.delivery.delivery_repository import Delivery, DeliveryRepository
from radiograde.service.delivery.destinations.destination import Destination
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.errors import DeliveryError, RefusedError, UnreachableError

log = structlog.get_logger("radiograde.work")

BACKOFF = Backoff(1.0, 60.0)
MOST_REFUSALS = 4
"""Times that a destination may refuse a document before it is given up."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``give_up_after``: how long a destination that does not answer is tried."""

    give_up_after: timedelta

    def delay_s(self, attempts: int, since: timedelta, *, refused: bool) -> float | None:
        """Return the seconds until the next attempt after ``attempts`` failed ones; None: give up.

        ``since``: how long the delivery has gone on. A destination that refuses a document is
        asked a few times only, for it will most likely refuse again.
        """
        if refused and attempts >= MOST_REFUSALS:
            return None
        if since > self.give_up_after:
            return None
        return BACKOFF.delay_s(attempts)


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Delivers what is recorded as to be delivered; safe to share among threads.

    ``destinations``: by name, each with its part of the site file.
    """

    deliveries: DeliveryRepository
    document_store: DocumentStore
    destinations: Mapping[str, tuple[DestinationConfig, Destination]]
    retries: RetryPolicy

    def deliver(self, film_id: str, destination: str) -> None:
        """Send a result's documents to a destination; on failure record when to try again.

        May be begun again at any time after a crash.
        """
        delivery = self.deliveries.get(film_id, destination)
        if delivery is None or delivery.state != "waiting":
            return
        try:
            self._send(delivery)
        except DeliveryError as error:
            self._after_failure(delivery, error)
        except NotFoundError:
            self._after_failure(delivery, UnreachableError("The film is being graded again."))
        except Exception as error:  # noqa: BLE001 - whatever a document or a library may raise
            log.error("delivery_broke", destination=destination, type=type(error).__name__)
            self._after_failure(
                delivery, RefusedError(f"It could not be sent ({type(error).__name__}).")
            )
        else:
            self.deliveries.delivered(delivery)
            log.info("delivered", film_id=film_id, destination=destination)

    def _send(self, delivery: Delivery) -> None:
        if delivery.destination not in self.destinations:
            raise RefusedError(
                "The site file no longer has this destination. Put it back, then retry the job."
            )
        config, target = self.destinations[delivery.destination]
        documents = self.document_store.documents(delivery.film_id, config.kinds)
        if documents:
            target.send(documents, delivery.film_id)

    def _after_failure(self, delivery: Delivery, error: DeliveryError) -> None:
        delay_s = self.retries.delay_s(
            delivery.attempts + 1,
            datetime.now(UTC) - delivery.begun,
            refused=not isinstance(error, UnreachableError),
        )
        if delay_s is None:
            self.deliveries.park(delivery, error)
            log.error(
                "delivery_parked",
                film_id=delivery.film_id,
                destination=delivery.destination,
                error=error.code,
                attempts=delivery.attempts + 1,
            )
        else:
            self.deliveries.put_off(delivery, error, delay_s)
            log.warning(
                "delivery_put_off",
                film_id=delivery.film_id,
                destination=delivery.destination,
                error=error.code,
                again_in_s=delay_s,
            )
