"""What a reader says of a result: kept beside the model's scores, never over them.

A request is checked and its comment is made plain text before it is kept.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from radiograde.model.scoring.scales import ZONE, ZONES, ZoneName
from radiograde.service.database.tables import Verdict

LONGEST_COMMENT = 2000


def _whole(number: Any) -> Any:
    """Return 2 for 2.0: JSON knows one kind of number, and many a program writes it so."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


Grade = Annotated[
    int, Field(strict=True, ge=int(ZONE.low), le=int(ZONE.high)), BeforeValidator(_whole)
]

_DROPPED = ("Cc", "Cs")
"""Control characters, and halves of surrogate pairs, which UTF-8 cannot hold."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A reader's verdict, before it is kept.

    ``zones``: of a correction, whole numbers 0-3 keyed A-F; of others None. ``comment``: without
    control characters beside line feeds.
    """

    verdict: Verdict
    zones: Mapping[str, int] | None = None
    comment: str | None = None

    @property
    def brixia(self) -> int | None:
        """The sum of the zones, 0-18; None where the reader graded none."""
        return None if self.zones is None else sum(self.zones.values())


@dataclass(frozen=True, slots=True)
class Review:
    """A judgement as it is kept; ``created`` in UTC."""

    id: str
    result_id: str
    reviewer: str
    created: datetime
    judgement: Judgement

    @property
    def verdict(self) -> Verdict:
        """Whether the reader accepts or corrects the result, or finds the film not gradable."""
        return self.judgement.verdict

    @property
    def zones(self) -> Mapping[str, int] | None:
        """The corrected zones A-F, each 0-3."""
        return self.judgement.zones

    @property
    def brixia(self) -> int | None:
        """The sum of the corrected zones, 0-18."""
        return self.judgement.brixia

    @property
    def comment(self) -> str | None:
        """What the reader wrote; it may name a patient: never log it."""
        return self.judgement.comment

    def to_json(self) -> dict[str, Any]:
        """Return the review as plain JSON types."""
        return {
            "id": self.id,
            "reviewer": self.reviewer,
            "created": self.created.isoformat(),
            "verdict": self.verdict,
            "zones": None if self.zones is None else dict(self.zones),
            "brixia": self.brixia,
            "comment": self.comment,
        }


_ZONES_OF_A_CORRECTION: JsonDict = {
    "if": {"properties": {"verdict": {"const": "corrected"}}},
    "then": {
        "required": ["zones"],
        "properties": {"zones": {"type": "object", "required": list(ZONES)}},
    },
    "else": {"properties": {"zones": {"type": "null"}}},
}
"""What :class:`ReviewRequest` checks, in words of JSON Schema 2020-12."""


class ReviewRequest(BaseModel):
    """A reader's verdict; zones go with a correction, all six of them, and with nothing else."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_ZONES_OF_A_CORRECTION)

    verdict: Verdict
    zones: dict[ZoneName, Grade] | None = Field(
        None, description="Of a correction: A to F, whole numbers 0-3"
    )
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None

    @model_validator(mode="after")
    def _zones_of_a_correction(self) -> Self:
        if self.verdict != "corrected" and self.zones is not None:
            raise PydanticCustomError("zones", "Zones go with the verdict corrected alone")
        if self.verdict == "corrected" and len(self.zones or {}) < len(ZONES):
            raise PydanticCustomError("zones", "A correction needs all six zones, A to F")
        return self

    def judgement(self) -> Judgement:
        """Return it as it is kept: zones in order, the comment cleaned, None for an empty one."""
        comment = clean_comment(self.comment or "") or None
        return Judgement(self.verdict, in_order(self.zones), comment)


def in_order(zones: Mapping[ZoneName, int] | None) -> dict[str, int] | None:
    """Return grades from A to F; None where there are none."""
    return None if zones is None else dict(sorted(zones.items()))


def clean_comment(text: str) -> str:
    """Return the text without control characters; line feeds stay, and tabs become spaces."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in _DROPPED).strip()
