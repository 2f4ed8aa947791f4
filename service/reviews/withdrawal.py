"""A result that is taken back: by whom, why, and what is told to whoever has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from radiograde.service.database.tables import WithdrawalCode
from radiograde.service.reviews.review import clean_comment

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """``code``: of the rejection note. ``reason``: in words; it may name a patient: never log it.

    ``stands``: the result is withdrawn; False where another has taken its place.
    """

    id: str
    result_id: str
    created: datetime
    by: str
    code: WithdrawalCode
    reason: str
    stands: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "created": self.created.isoformat(),
            "by": self.by,
            "code": self.code,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class SentObject:
    """What a destination was sent of a result, and has not been told to reject.

    ``name``: SOP Instance UID, or that of a FHIR report. ``began``: when the analysis began that
    it tells of.
    """

    film_id: str
    destination: str
    name: str
    kind: str
    sop_class_uid: str | None
    series_instance_uid: str | None
    study_instance_uid: str | None
    began: datetime
    sent: datetime


class WithdrawalRequest(BaseModel):
    """Why a result is withdrawn; the code is that of the rejection note (PS3.16 CID 7011)."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
    code: WithdrawalCode = "quality"

    def words(self) -> str:
        """Return the reason without control characters."""
        return clean_comment(self.reason) or "No reason given."
