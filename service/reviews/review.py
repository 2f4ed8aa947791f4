"""What a reader says of a result: kept beside the model's scores, never over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from radiograde.service.database.tables import Verdict


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
