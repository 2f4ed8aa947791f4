"""What the store route needs, made once: the intake, the limits, and places for senders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from radiograde.model.limits import Limits
from radiograde.service.films.intake import Intake
from radiograde.service.http.multipart import PartLimits
from radiograde.service.http.places import Places

IDLE_S = 60.0
MAX_PARTS = 2000
PLACES = 16
"""Requests at the same time: each may hold one instance in memory."""


@dataclass(frozen=True, slots=True)
class StowEndpoint:
    """``limits``: of an instance. ``idle_s``: how long a sender may fall silent."""

    intake: Intake
    limits: Limits
    idle_s: float = IDLE_S
    max_parts: int = MAX_PARTS
    places: Places = field(default_factory=lambda: Places(PLACES))

    @property
    def part_limits(self) -> PartLimits:
        """The limits of a request's parts."""
        return PartLimits(self.limits.max_bytes, self.max_parts)


async def _of_request(request: Request) -> StowEndpoint:
    stow: StowEndpoint = request.app.state.stow
    return stow


Stow = Annotated[StowEndpoint, Depends(_of_request)]
