"""What a reader sends: checked, and as plain text."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from radiograde.model.scoring.scales import ZONE, ZONES
from radiograde.service.database.tables import Verdict
from radiograde.service.http.schemas import ZoneName
from radiograde.service.reviews.review import Judgement

LONGEST_COMMENT = 2000

Grade = Annotated[int, Field(strict=True, ge=int(ZONE.low), le=int(ZONE.high))]


class ReviewRequest(BaseModel):
    """A reader's verdict; zones go with a correction, all six of them, and with nothing else."""

    model_config = ConfigDict(extra="forbid")

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
        zones = None if self.zones is None else {zone: self.zones[zone] for zone in ZONES}  # type: ignore[index]
        return Judgement(self.verdict, zones, clean_comment(self.comment or "") or None)


def clean_comment(text: str) -> str:
    """Return the text without control characters; line feeds stay, and tabs become spaces."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in _DROPPED).strip()


_DROPPED = ("Cc", "Cs")
"""Control characters, and halves of surrogate pairs, which UTF-8 cannot hold."""
