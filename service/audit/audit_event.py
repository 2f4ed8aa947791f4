"""One event of the audit trail: who did what, when, from which machine, with which film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from radiograde.service.audit.action import Action

Outcome = Literal["success", "refused", "failed"]
ActorKind = Literal["person", "key", "local", "machine", "command", "service", "unknown"]

LONGEST = 64
"""Characters of a name or an address."""

_LONGEST_ID = 26

Detail = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who or what acts. ``machine``: address, or title of an application entity's peer."""

    name: str
    kind: ActorKind
    machine: str = ""


SERVICE = Actor("radiograde", "service", "localhost")


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What is to be recorded.

    ``patient``: a pseudonym; where it is None, it is looked up with the UIDs by ``film_id``.
    ``detail``: names, codes and counts; never what a person or a file wrote freely.
    """

    action: Action
    actor: Actor
    film_id: str | None = None
    outcome: Outcome = "success"
    patient: str | None = None
    request_id: str | None = None
    detail: Detail = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event as it is kept: a row of ``audit_events``."""

    seq: int
    at: str
    action: str
    outcome: Outcome
    actor: str
    actor_kind: ActorKind
    machine: str
    film_id: str | None
    patient: str | None
    study_instance_uid: str | None
    sop_instance_uid: str | None
    request_id: str | None
    detail: dict[str, Any]
    hash: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of a film: the patient's pseudonym, study and instance."""

    patient: str | None = None
    study_instance_uid: str | None = None
    sop_instance_uid: str | None = None


NOBODY = Subject()


def timestamp(at: datetime) -> str:
    """Return a time as it is kept: ISO 8601, UTC, with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def values_of(event: AuditEvent, subject: Subject) -> dict[str, Any]:
    """Return the columns of an event's row but for its number and its hash.

    Whatever somebody typed, databases and receivers take it: one event holds up no other.
    """
    film_id = event.film_id
    return {
        "at": timestamp(event.at),
        "action": str(event.action),
        "outcome": event.outcome,
        "actor": _plain(event.actor.name)[:LONGEST],
        "actor_kind": event.actor.kind,
        "machine": _plain(event.actor.machine)[:LONGEST],
        "film_id": None if film_id is None else _plain(film_id)[:_LONGEST_ID],
        "patient": event.patient or subject.patient,
        "study_instance_uid": subject.study_instance_uid,
        "sop_instance_uid": subject.sop_instance_uid,
        "request_id": event.request_id,
        "detail": {
            name: _plain(value) if isinstance(value, str) else value
            for name, value in event.detail.items()
        },
    }


def _plain(text: str) -> str:
    """Return text without what is no letter, such as NUL, or half of a surrogate pair."""
    return "".join(one if one.isprintable() else "?" for one in text)
