"""Erasures as OpenAPI describes them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from radiograde.service.database.erasure_tables import ErasureScope
from radiograde.service.result_schema import Schema, Ulid


class ErasureRequest(BaseModel):
    """Whom to erase: a patient by ID, or by label, or films; one of them."""

    model_config = ConfigDict(extra="forbid")

    patient_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    issuer: Annotated[str, Field(max_length=64)] = ""
    label: Annotated[str, Field(pattern="^[A-Za-z2-7]{6,26}$")] | None = None
    films: list[Ulid] | None = Field(None, min_length=1, max_length=200)
    scope: ErasureScope = "all"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [one for one in (self.patient_id, self.label, self.films) if one is not None]
        if len(given) != 1:
            raise PydanticCustomError("one_way", "Give one of patient_id, label and films")
        return self


class DeliveredObject(Schema):
    """What a destination was sent, and may still have."""

    destination: str
    kind: str
    name: str = Field(description="SOP Instance UID, FHIR resource or file name")
    sent: str
    withdrawn: bool


class Certificate(Schema):
    """What was erased; it names no patient."""

    id: Ulid
    asked: str
    done: str
    by: str
    scope: ErasureScope
    films: int
    problems: int
    places: int = Field(description="Folders and files that were removed")
    delivered: list[DeliveredObject]
    given_out: list[dict[str, Any]] = Field(description="Documents that were downloaded")
    copies: list[dict[str, Any]] = Field(description="Backups and exports since the films came")
    stays: list[str]


class Certificates(Schema):
    """Certificates, the newest first."""

    erasures: list[Certificate]
