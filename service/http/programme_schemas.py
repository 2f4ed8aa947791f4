"""Schemas of what is asked and answered about the models of a site, and how they are watched."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, Field

from radiograde.model.errors import NotFoundError
from radiograde.service.database.tables import ModelAction, ModelState
from radiograde.service.result_schema import Schema, Sha256, Ulid

_DIGEST = "[0-9a-f]{6,64}"


def _beginning(digest: str) -> str:
    if not re.fullmatch(_DIGEST, digest):
        raise NotFoundError("No model begins with this: a digest is of 0-9 and a-f, six or more.")
    return digest


ModelDigest = Annotated[
    str,
    Path(
        description="sha256 of the model's file, or its first letters, six or more",
        json_schema_extra={"pattern": f"^{_DIGEST}$"},
    ),
    AfterValidator(_beginning),
]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class EventOfModel(Schema):
    """Who did what with a model."""

    at: str = Field(description="In UTC")
    by: str
    action: ModelAction
    outcome: str | None
    evidence: Sha256 | None = Field(description="Of the record that it rests on")


class ModelOfSite(Schema):
    """A model of the site."""

    sha256: Sha256
    name: str
    version: str
    state: ModelState
    added: str = Field(description="In UTC")
    added_by: str
    shadow_share: float | None = Field(description="Of live films that it grades in shadow, 0-1")
    events: list[EventOfModel] = Field(description="The last first")


class ShadowComparison(Schema):
    """How the model in shadow and production agree on live films; shadow minus production."""

    model: Sha256
    films: int
    both_scored: int
    same_severity: float | None
    refused_here: int = Field(description="Films that the shadow alone left ungraded")
    refused_there: int = Field(description="Films that production alone left ungraded")
    production_ms: float | None
    shadow_ms: float | None = Field(description="Of one core")
    scales: list[dict[str, Any]]


class ModelsOfSite(Schema):
    """The models of the site."""

    grading: Sha256 = Field(description="The model that grades now")
    models: list[ModelOfSite]
    shadow: ShadowComparison | None


class ShadowRequest(Schema):
    """What share of live films a candidate is to grade."""

    share: float = Field(0.2, ge=0, le=1, description="0 ends it")


class EvidenceRequest(BaseModel):
    """The record of `radiograde accept` or `radiograde compare`, as its file has it."""

    format: Literal["radiograde.acceptance/1", "radiograde.comparison/1"]
    model_config = {"extra": "allow"}


class AlarmOfModel(Schema):
    """What the monitor noticed, or somebody did by hand."""

    id: Ulid
    model: Sha256
    feature: str
    against: str
    raised: str
    reason: str
    stops: bool
    by: str | None
    cleared: str | None
    cleared_by: str | None
    new_normal: bool


class MonitorState(Schema):
    """What the monitor sees now; docs/explanation/monitoring.md says what the figures mean."""

    model: dict[str, str]
    films: int
    site: Literal["compared", "learning", "absent"]
    reference: Literal["compared", "learning", "absent"]
    stopped: bool
    held: int = Field(description="Films that wait because the model is stopped")
    drifts: list[dict[str, Any]]
    series: dict[str, list[float | None]]
    agreement: dict[str, Any]
    deliveries: dict[str, Any] | None
    alarms: list[AlarmOfModel]
    cleared: list[AlarmOfModel]


class ClearRequest(Schema):
    """Whether what is now is what later films are compared with."""

    new_normal: bool = False


class StopRequest(Schema):
    """Why the model is set aside; it is notified."""

    reason: Reason
