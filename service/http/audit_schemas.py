"""The audit trail as OpenAPI describes it."""

from __future__ import annotations

from pydantic import Field

from radiograde.service.audit.audit_event import ActorKind, Outcome
from radiograde.service.result_schema import Schema


class AuditEntry(Schema):
    """Who did what, when, from which machine, with which film; it names no patient."""

    seq: int = Field(description="Place in the chain, from 1 on")
    at: str = Field(description="UTC", examples=["2026-11-30T08:15:00.123456Z"])
    action: str = Field(description="What was done", examples=["film_read"])
    outcome: Outcome
    actor: str = Field(description="Name of a user or key, title of a node, user of the computer")
    actor_kind: ActorKind
    machine: str = Field(description="Address that it came from")
    film_id: str | None
    patient: str | None = Field(description="Pseudonym; it begins with the label")
    study_instance_uid: str | None
    sop_instance_uid: str | None
    request_id: str | None = Field(description="`X-Request-ID` of the answer, and of the log")
    detail: dict[str, str | int]
    hash: str


class AuditPage(Schema):
    """Rows of the audit trail, newest first."""

    events: list[AuditEntry]
    next: int | None = Field(description="To be sent as `before` for older rows")
