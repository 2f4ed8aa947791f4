"""What a reader graded before the model's scores were shown: kept apart from reviews of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from radiograde.model.scoring.scales import ZONES, ZoneName
from radiograde.service.reviews.review import LONGEST_COMMENT, Grade, clean_comment, in_order


@dataclass(frozen=True, slots=True)
class BlindReading:
    """A committed reading; ``created`` in UTC. It stays as it is, whatever is shown later.

    ``zones``: whole numbers 0-3 keyed A-F; None where the reader finds the film not gradable.
    ``comment`` may name a patient: never log it.
    """

    film_id: str
    reader: str
    created: datetime
    zones: Mapping[str, int] | None
    comment: str | None

    @property
    def brixia(self) -> int | None:
        """The sum of the zones, 0-18."""
        return None if self.zones is None else sum(self.zones.values())

    def to_json(self) -> dict[str, Any]:
        """Return the reading as plain JSON types."""
        return {
            "reader": self.reader,
            "created": self.created.isoformat(),
            "zones": None if self.zones is None else dict(self.zones),
            "brixia": self.brixia,
            "comment": self.comment,
        }


class ReadingRequest(BaseModel):
    """A reader's grades: all six zones, or null for a film that is not gradable."""

    model_config = ConfigDict(extra="forbid")

    zones: Annotated[
        dict[ZoneName, Grade] | None,
        Field(
            description="A to F, whole numbers 0-3; null: the film is not fit to grade",
            json_schema_extra={"required": list(ZONES)},
        ),
    ]
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None

    @model_validator(mode="after")
    def _all_zones(self) -> Self:
        if self.zones is not None and len(self.zones) < len(ZONES):
            raise PydanticCustomError("zones", "A reading needs all six zones, A to F")
        return self

    def reading(self, film_id: str, reader: str, created: datetime) -> BlindReading:
        """Return it as it is kept: zones in order, the comment cleaned, None for an empty one."""
        return BlindReading(film_id, reader, created, self.in_zone_order(), self.clean_comment())

    def in_zone_order(self) -> dict[str, int] | None:
        """Return the zones from A to F."""
        return in_order(self.zones)

    def clean_comment(self) -> str | None:
        """Return the comment as it is kept; None for an empty one."""
        return clean_comment(self.comment or "") or None
