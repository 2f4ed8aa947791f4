"""Records of `radiograde accept` and `radiograde compare`, as evidence for or against a model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from radiograde.service.database.tables import ModelAction
from radiograde.service.errors import ModelReleaseError

ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a record says. ``model``: sha256 of the file that was tested. ``digest``: its own."""

    action: ModelAction
    model: str
    outcome: str
    digest: str


class _Facts(BaseModel):
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class _Acceptance(BaseModel):
    format: Literal["radiograde.acceptance/1"]
    verdict: Literal["accepted", "not accepted", "undecided"]
    model: _Facts


class _Comparison(BaseModel):
    format: Literal["radiograde.comparison/1"]
    verdict: Literal["better", "not worse", "undecided", "worse"]
    b: _Facts


def read_evidence(content: bytes) -> Evidence:
    """Return what a record says.

    Raises:
        ModelReleaseError: it is no record of either command.
    """
    digest = hashlib.sha256(content).hexdigest()
    try:
        found = _Acceptance.model_validate_json(content)
        return Evidence("tested", found.model.sha256, found.verdict, digest)
    except ValidationError:
        pass
    try:
        compared = _Comparison.model_validate_json(content)
    except ValidationError as error:
        raise ModelReleaseError(
            "The file is no record of `radiograde accept` or `radiograde compare`."
        ) from error
    return Evidence("compared", compared.b.sha256, compared.verdict, digest)
