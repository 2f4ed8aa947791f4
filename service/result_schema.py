"""``radiograde.result/1`` for OpenAPI, derived from the dataclasses of ``model.scoring.result``.

Results are written by ``SeverityResult.to_json`` alone, so that every interface agrees to the
digit: what is derived here describes them, and checks them in tests.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

from radiograde.model import reasons
from radiograde.model.scoring import result
from radiograde.model.scoring.scales import ZoneName

Pair = tuple[float, float]
Severity = Literal["none", "mild", "moderate", "severe"]
Percent = Annotated[float, Field(ge=0, le=100)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
ULID = "[0-9A-HJKMNP-TV-Z]{26}"
"""Form of the ids of films, results, jobs and reviews, as a regular expression."""

Ulid = Annotated[str, Field(pattern=f"^{ULID}$")]

_STRICT = ConfigDict(extra="forbid")


class Schema(BaseModel):
    """A document that holds what is described here and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    def to_json(self) -> dict[str, Any]:
        """Return the document as plain JSON types, without what was left out when it was made."""
        return self.model_dump(mode="json", exclude_unset=True)


@dataclass(frozen=True, config=_STRICT)
class Image(result.ImageFacts):
    """What is known of the film."""

    source: Literal["dicom", "png", "jpeg"]
    sha256: Annotated[Sha256, Field(description="Of the file as it was sent")]
    view: Annotated[str, Field(examples=["PA"])]
    pixel_spacing_mm: Annotated[Pair | None, Field(description="Row and column spacing")]


@dataclass(frozen=True, config=_STRICT)
class Model(result.ModelFacts):
    """Which model graded."""

    sha256: Annotated[Sha256, Field(description="Of the ONNX file")]


@dataclass(frozen=True, config=_STRICT)
class Reason(reasons.Reason):
    """One finding of the input check."""

    code: Annotated[str, Field(examples=["lateral_view"])]


class Gate(Schema):
    """Whether the film can be graded, and what was noticed about it."""

    in_scope: bool
    reasons: list[Reason]


@dataclass(frozen=True, config=_STRICT)
class Scale(result.ScaleScore):
    """A value on a scale, with its prediction interval."""

    level: Annotated[
        float, Field(description="Share of films whose true value lies in the interval")
    ]


@dataclass(frozen=True, config=_STRICT)
class Brixia(Scale):
    """The Brixia score: the sum of six zones, each 0-3."""

    zones: Annotated[
        dict[ZoneName, Scale],
        Field(
            description="A, B, C: the patient's right lung from top to bottom; D, E, F: the left"
        ),
    ]


@dataclass(frozen=True, config=_STRICT)
class Involvement(result.Involvement):
    """Percent of each lung's area that the opacity map marks; null: lung not seen."""

    right: Percent | None
    left: Percent | None
    total: Percent


@dataclass(frozen=True, config=_STRICT)
class Scores:
    """Every scale of one film."""

    brixia: Brixia
    geographic_extent: Scale
    opacity: Scale
    lung_involvement_percent: Involvement


@dataclass(frozen=True, config=_STRICT)
class Failure(result.Failure):
    """Why a file could not be read."""

    code: Annotated[str, Field(examples=["truncated"])]
