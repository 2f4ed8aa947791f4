"""What a film's reviews teach: which of them decides, and the zones that it stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from radiograde.model.scoring.scales import ZONES
from radiograde.service.reviews.review import Review


def deciding(reviews: Sequence[Review], *, accepted: bool) -> Review | None:
    """Return the newest review; without ``accepted`` the newest that accepts nothing.

    ``reviews``: newest first. None where none is left.
    """
    wanted = (review for review in reviews if accepted or review.verdict != "accepted")
    return next(wanted, None)


def zones_of(review: Review, document: Mapping[str, Any]) -> dict[str, int] | None:
    """Return the zones A-F, each 0-3: the reader's own, or the model's rounded where accepted.

    ``document``: the result. None where the reader finds the film not gradable, or agrees that the
    model did not grade it.
    """
    if review.zones is not None:
        return dict(review.zones)
    if review.verdict != "accepted" or "scores" not in document:
        return None
    zones = document["scores"]["brixia"]["zones"]
    return {zone: math.floor(zones[zone]["value"] + 0.5) for zone in ZONES}
