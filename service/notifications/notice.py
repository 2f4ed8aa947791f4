"""A notification: one event for one channel, as JSON and as a mail's text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from radiograde.service.config.notify import EventName
from radiograde.service.database.tables import NoticeState

TYPES: Mapping[EventName, str] = {
    "severe": "result.severe",
    "worse": "result.worse",
    "parked": "delivery.parked",
    "drift": "model.drift",
    "model_stopped": "model.stopped",
}
"""What an event is called in a webhook, in the manner of Standard Webhooks."""

_TITLES: Mapping[EventName, str] = {
    "severe": "Severe involvement",
    "worse": "Certainly worse than the film before",
    "parked": "A delivery was given up",
    "drift": "Films or scores are not as they were",
    "model_stopped": "The model was stopped",
}
_LABELS = {
    "result_id": "Result",
    "destination": "Destination",
    "reason": "Reason",
    "model": "Model",
    "severity": "Severity",
    "brixia": "Brixia score",
    "change": "Since the film before",
    "view": "View",
    "sender": "Sent by",
    "link": "Link",
    "patient_id": "Patient ID",
    "patient_name": "Patient",
    "accession": "Accession number",
}

NOTICE = "Research use only. Grades visible involvement; not a diagnosis."


@dataclass(frozen=True, slots=True)
class Notice:
    """An event on its way to a channel: a row of ``notices``.

    ``key``: what happened, once. ``film_id``: whose result it is about. ``details``: what is told.
    ``attempts``, ``starts``, ``begun``: as of a delivery.
    """

    id: str
    channel: str
    event: EventName
    key: str
    film_id: str | None
    details: dict[str, Any]
    created: datetime
    state: NoticeState
    attempts: int
    starts: int
    begun: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel sends: ``data`` are the details, with as much of a patient as it allows."""

    id: str
    event: EventName
    created: datetime
    data: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What happened, in a line without a patient."""
        return _TITLES[self.event]

    def to_json(self) -> dict[str, Any]:
        """Return the body of a webhook."""
        return {
            "type": TYPES[self.event],
            "timestamp": self.created.astimezone(UTC).isoformat(),
            "data": dict(self.data),
        }

    def text(self) -> str:
        """Return the text of a mail."""
        told = [f"{_LABELS[name]}: {value}" for name, value in self.data.items() if name in _LABELS]
        return "\n".join([f"{self.title}.", "", *told, "", NOTICE, ""])
