"""The work itself: grading a film that came in, and sending its documents to a destination.

Both may be begun again at any time after a crash: what was done already is found in the ledgers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from radiograde.model.errors import TooLargeError
from radiograde.model.grading import failed, grade
from radiograde.model.limits import Limits
from radiograde.model.reading.dicom_facts import uid
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.site import DeliveryConfig, DestinationConfig
from radiograde.service.delivery.delivery_repository import Delivery, DeliveryRepository
from radiograde.service.delivery.destinations.destination import Destination
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.errors import (
    DeliveryError,
    RefusedError,
    UndocumentedError,
    UnreachableError,
)
from radiograde.service.films.archive import Archive
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.grading.triage import is_reportable, reason_to_set_aside

log = structlog.get_logger("radiograde.work")

MOST_ATTEMPTS = 3
"""Times a film may be begun: one that takes the worker down with it is not begun for ever."""

PAUSE_S = 30.0
"""Before a film whose grading broke is begun again."""

GAVE_UP = "gave_up"
FILM_GONE = "no_document"


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker works with; safe to share among threads."""

    scorer: Scorer
    limits: Limits
    archive: Archive
    films: FilmRepository
    deliveries: DeliveryRepository
    document_store: DocumentStore
    destinations: Mapping[str, tuple[DestinationConfig, Destination]]
    delivery: DeliveryConfig

    def grade(self, film_id: str) -> None:
        """Grade a film that waits, and record what is to be delivered of it."""
        attempt = self.films.begin(film_id)
        if attempt is None:
            return
        if attempt > MOST_ATTEMPTS:
            log.error("film_given_up", film_id=film_id, attempts=attempt - 1)
            self.films.failed(film_id, GAVE_UP)
            return
        try:
            self._grade(film_id)
        except UndocumentedError:
            log.error("film_gone", film_id=film_id)
            self.films.failed(film_id, FILM_GONE)
        except Exception as error:  # noqa: BLE001 - a full disk, or whatever a library may raise
            log.error("grading_broke", film_id=film_id, type=type(error).__name__)
            self.films.put_off(film_id, PAUSE_S)

    def _grade(self, film_id: str) -> None:
        content = self.archive.film(film_id)
        aside = reason_to_set_aside(content, self.limits)
        if aside is not None:
            self.films.set_aside(film_id, aside)
            log.info("film_set_aside", film_id=film_id, reason=aside)
            return
        began = datetime.now(UTC)
        try:
            film = open_film(content, self.limits)
            result = dataclasses.replace(grade(film, self.scorer), id=film_id)
        except TooLargeError as error:
            self.films.failed(
                film_id, error.code, dataclasses.replace(failed(error, self.scorer), id=film_id)
            )
            return
        if result.error is not None:
            self.films.failed(film_id, result.error.code, result)
        else:
            if result.maps is not None:
                self.archive.keep_maps(film_id, result.maps)
            self.films.graded(result, began, self._told(result, film))
        log.info(
            "film_graded",
            film_id=film_id,
            status=result.status,
            error=result.error and result.error.code,
            timing_ms={name: round(ms, 1) for name, ms in result.timing_ms.items()},
        )

    def _told(self, result: SeverityResult, film: FilmFile) -> list[str]:
        """Return the destinations that want to know of a result."""
        sop_class = uid(film.header, "SOPClassUID") if film.header is not None else None
        if not is_reportable(result, sop_class):
            return []
        if result.status == "rejected" and not self.delivery.rejected:
            return []
        return list(self.destinations)

    def deliver(self, film_id: str, destination: str) -> None:
        """Send a result's documents to a destination; on failure record when to try again."""
        delivery = self.deliveries.get(film_id, destination)
        if delivery is None or delivery.state != "waiting":
            return
        try:
            self._send(delivery)
        except DeliveryError as error:
            self._after_failure(delivery, error)
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
        table, target = self.destinations[delivery.destination]
        documents = self.document_store.documents(delivery.film_id, table.kinds)
        if documents:
            target.send(documents, delivery.film_id)

    def _after_failure(self, delivery: Delivery, error: DeliveryError) -> None:
        policy = RetryPolicy(timedelta(hours=self.delivery.give_up_after_h))
        delay_s = policy.delay_s(
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
