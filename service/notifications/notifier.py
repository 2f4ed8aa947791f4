"""Sending notifications, once what is recorded says so; tried again as deliveries are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.service.backoff import patiently
from radiograde.service.config.notify import ChannelConfig
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.quiet_hours import LONGEST_REST_S, local_now, quiet_for_s
from radiograde.service.delivery.retry_policy import MOST_STARTS, OWN_FAULT_DELAY_S, RetryPolicy
from radiograde.service.documents.patient_study import read_patient_study
from radiograde.service.errors import (
    DeliveryError,
    GaveUpError,
    RefusedError,
    StoreError,
    UnreachableError,
)
from radiograde.service.films.archive import Archive
from radiograde.service.notifications.channel import Channel
from radiograde.service.notifications.notice import Message, Notice
from radiograde.service.notifications.notice_repository import NoticeRepository
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository

log = structlog.get_logger("radiograde.work")


@dataclass(frozen=True, slots=True)
class Notifier:
    """Sends what is recorded as to be sent; safe to share among threads.

    ``channels``: by name, each with its part of the site file. ``clock``: local time.
    """

    notices: NoticeRepository
    channels: Mapping[str, tuple[ChannelConfig, Channel]]
    archive: Archive
    limits: Limits
    retries: RetryPolicy
    breakers: Breakers = field(default_factory=Breakers)
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], datetime] = local_now

    def was_begun(self, id: str) -> bool:
        """Return whether a notification waits although it was begun. Raises StoreError."""
        return self.notices.was_begun(id)

    def notify(self, id: str) -> None:
        """Send a notification; on failure record when to try again.

        May be begun again at any time after a crash: it then goes out under the same id.

        Raises:
            StoreError: the database is away, and nothing is begun.
        """
        notice = self.notices.begin(id)
        if notice is None:
            return
        known = self.channels.get(notice.channel)
        if notice.starts > MOST_STARTS:
            self._park(notice, GaveUpError("Sending it ended the worker each time."))
        elif known is None:
            self._park(notice, RefusedError("The site file no longer has this channel."))
        elif quiet_s := quiet_for_s(known[0].quiet_hours, self.clock()):
            delay_s = min(quiet_s, LONGEST_REST_S)
            self._record(lambda: self.notices.set_back(notice, delay_s, rest=True))
        elif self._is_overdue(notice) or self.breakers.may_try(notice.channel):
            self._try(notice, *known)
        else:
            self._record(lambda: self.notices.set_back(notice))

    def _try(self, notice: Notice, config: ChannelConfig, channel: Channel) -> None:
        try:
            if self._is_withdrawn(notice):
                self._record(lambda: self.notices.end(notice, "dropped"))
                return
            channel.send(self._message(notice, config))
        except UnreachableError as error:
            self.breakers.failed(notice.channel, error.retry_after_s)
            self._after_failure(notice, error)
        except RefusedError as error:
            self.breakers.answered(notice.channel)
            self._after_failure(notice, error)
        except (StoreError, OSError) as error:
            log.error("notification_waits", id=notice.id, type=type(error).__name__)
            self._record(lambda: self.notices.set_back(notice, OWN_FAULT_DELAY_S))
        except Exception as error:  # noqa: BLE001 - whatever a library may raise
            name = type(error).__name__
            log.error("notification_broke", channel=notice.channel, type=name)
            self._after_failure(notice, RefusedError(f"It could not be sent ({name})."))
        else:
            self.breakers.answered(notice.channel)
            self._record(lambda: self.notices.end(notice, "sent"))
            log.info("notified", channel=notice.channel, event_name=notice.event, id=notice.id)

    def _is_withdrawn(self, notice: Notice) -> bool:
        """Return whether a notification is about a result that no longer holds."""
        withdrawals = WithdrawalRepository(self.notices.database)
        return notice.film_id is not None and withdrawals.standing(notice.film_id) is not None

    def _message(self, notice: Notice, config: ChannelConfig) -> Message:
        data: dict[str, Any] = dict(notice.details)
        if config.link is not None:
            result = data.get("result_id")
            data["link"] = config.link.rstrip("/") + (f"/#/film/{result}" if result else "")
        if config.identifiers != "none" and notice.film_id is not None:
            data |= self._identity(notice.film_id, with_name=config.identifiers == "full")
        return Message(notice.id, notice.event, notice.created, data)

    def _identity(self, film_id: str, *, with_name: bool) -> dict[str, str]:
        """Return who a film's patient is, as far as its header says; nothing once it is gone."""
        content = self.archive.find(film_id)
        if content is None:
            return {}
        found = read_patient_study(FilmFile(content, self.limits).header)
        told = {"patient_id": found.patient_id, "accession": found.accession}
        if with_name:
            told["patient_name"] = found.name
        return {name: value for name, value in told.items() if value}

    def _after_failure(self, notice: Notice, error: DeliveryError) -> None:
        delay_s = self.retries.delay_s(
            notice.attempts + 1,
            datetime.now(UTC) - notice.begun,
            refused=not isinstance(error, UnreachableError),
        )
        if delay_s is None:
            self._park(notice, error)
            return
        put_off_s = max(delay_s, self.breakers.due_in_s(notice.channel))
        self._record(lambda: self.notices.put_off(notice, error, put_off_s))

    def _park(self, notice: Notice, error: DeliveryError) -> None:
        self._record(lambda: self.notices.end(notice, "parked", error))
        log.error("notification_parked", channel=notice.channel, id=notice.id, error=error.code)

    def _is_overdue(self, notice: Notice) -> bool:
        return datetime.now(UTC) - notice.begun > self.retries.give_up_after

    def _record(self, action: Callable[[], None]) -> None:
        patiently(action, StoreError, self.stop)
