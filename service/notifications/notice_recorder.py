"""Recording what channels are to hear of, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from radiograde.service.config.notify import ChannelConfig, EventName
from radiograde.service.config.site import FilmSource
from radiograde.service.delivery.film_facts import FilmFacts
from radiograde.service.notifications.notice_repository import NoticeRepository


@dataclass(frozen=True, slots=True)
class NoticeRecorder:
    """Records events for the channels that want them; safe to share among threads.

    Every method raises StoreError where the database does not answer.
    """

    notices: NoticeRepository
    channels: Sequence[ChannelConfig]

    def wants(self, event: EventName) -> bool:
        """Return whether any channel wants to hear of an event."""
        return any(event in one.events for one in self.channels)

    def of_result(
        self, connection: sa.Connection, film_id: str, film: FilmFacts, brixia: float | None
    ) -> None:
        """Record that a result is severe, or certainly worse; of a film once each."""
        happened: list[EventName] = []
        if film.severity == "severe":
            happened.append("severe")
        if film.change == "worse":
            happened.append("worse")
        details = {
            "result_id": film_id,
            "severity": film.severity,
            "brixia": brixia,
            "change": film.change,
            "view": film.view,
            "sender": film.sender,
        }
        known = {name: value for name, value in details.items() if value is not None}
        for event in happened:
            self._add(connection, event, f"{event}:{film_id}", known, film_id, film.source)

    def of_parked(
        self, connection: sa.Connection, film_id: str, destination: str, reason: str
    ) -> None:
        """Record that a delivery was given up: of each destination the first of a day (UTC)."""
        key = f"parked:{destination}:{datetime.now(UTC):%Y-%m-%d}"
        details = {"result_id": film_id, "destination": destination, "reason": reason}
        self._add(connection, "parked", key, details, None)

    def of_alarm(
        self, connection: sa.Connection, model: str, reason: str, key: str, *, stops: bool
    ) -> None:
        """Record that the monitor raised an alarm, which may have stopped the model."""
        if stops:
            self.of_stopped_model(connection, model, reason, key)
        else:
            details = {"model": model, "reason": reason}
            self._add(connection, "drift", f"drift:{key}", details, None)

    def of_stopped_model(
        self, connection: sa.Connection, model: str, reason: str, key: str
    ) -> None:
        """Record that a model was stopped; ``key``: of this stop, up to 64 characters."""
        details = {"model": model, "reason": reason}
        self._add(connection, "model_stopped", f"model_stopped:{key}", details, None)

    def _add(
        self,
        connection: sa.Connection,
        event: EventName,
        key: str,
        details: dict[str, Any],
        film_id: str | None,
        sources: Collection[FilmSource] | None = None,
    ) -> None:
        for channel in self.channels:
            is_served = sources is None or not set(sources).isdisjoint(channel.sources)
            if event in channel.events and is_served:
                self.notices.add(connection, channel.name, event, key, details, film_id)
