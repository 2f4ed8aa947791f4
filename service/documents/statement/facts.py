"""What may be said of a result: facts that follow from its numbers, in no language yet.

A zone shows opacity where its value rounds to a grade of 1 or more. Where its prediction interval
reaches 0 that is possible, else certain. One lung is said to show more where the zones' sums differ
by more than the prediction interval of the Brixia score reaches to either side.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from radiograde.model import reasons
from radiograde.model.scoring.result import Involvement, ScaleScore, Scores, SeverityResult
from radiograde.model.scoring.scales import LEFT_ZONES, RIGHT_ZONES, ZONES

Side = Literal["right", "left"]
Lungs = Literal["both", "right", "left"]
Height = Literal["upper", "middle", "lower"]
Kind = Literal["withheld", "none", "faint", "zones"]
Trend = Literal["more", "less", "uncertain"]

HEIGHTS: tuple[Height, ...] = ("upper", "middle", "lower")
LEAST_VALUE = 0.5
"""What rounds to grade 1, the least that a reader calls opacity."""

DOUBTS = frozenset({reasons.SIDES_UNSURE.code, reasons.POLARITY_UNSURE.code})
"""Codes of warnings under which no zone, no side and no opacity can be relied upon."""


@dataclass(frozen=True, slots=True)
class ChangeSince:
    """How the global score differs from the prior film's; ``day``: of that film, if known."""

    trend: Trend
    day: date | None


@dataclass(frozen=True, slots=True)
class ZoneGroup:
    """Zones that are named together, from top to bottom."""

    lungs: Lungs
    heights: tuple[Height, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a scored film.

    ``kind``: ``withheld``: nothing, the input check doubts how the film is shown; ``none``: the
    model sees no opacity; ``faint``: some, in no zone in particular; ``zones``: in those named.
    ``certain``, ``possible``: zones A-F. ``more_on``: the lung that shows more. ``unseen``: the
    lung that was not found. ``remarked``: the input check warns of something else.
    """

    kind: Kind
    certain: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()
    more_on: Side | None = None
    unseen: Side | None = None
    change: ChangeSince | None = None
    remarked: bool = False


def facts_of(result: SeverityResult, change: ChangeSince | None = None) -> Facts | None:
    """Return what may be said of a result; None of one without scores.

    ``change``: since the prior film, where the two may be compared. The numbers count as they are
    shown, to two digits.
    """
    scores = result.scores
    if scores is None:
        return None
    warned = {one.code for one in result.gate.reasons if one.level == "warn"} if result.gate else ()
    if not DOUBTS.isdisjoint(warned):
        return Facts("withheld")
    unseen = _unseen(scores.lung_involvement_percent)
    certain, possible = _zones(scores, unseen)
    kind: Kind = "zones" if certain or possible else "faint"
    if result.severity == "none" and not certain:
        kind, possible = "none", frozenset()
    return Facts(
        kind=kind,
        certain=certain,
        possible=possible,
        more_on=_more_on(scores, certain) if unseen is None else None,
        unseen=unseen,
        change=change,
        remarked=bool(warned),
    )


def groups(zones: Iterable[str]) -> list[ZoneGroup]:
    """Return zones as they are named: those of both lungs, then the right's, then the left's.

    A lung that is involved from top to bottom is named as a whole.
    """
    found = frozenset(zones)
    right = tuple(
        height for height, zone in zip(HEIGHTS, RIGHT_ZONES, strict=True) if zone in found
    )
    left = tuple(height for height, zone in zip(HEIGHTS, LEFT_ZONES, strict=True) if zone in found)
    both: tuple[Height, ...] = ()
    if right == left or HEIGHTS not in (right, left):
        both = tuple(height for height in right if height in left)
    named: list[tuple[Lungs, tuple[Height, ...]]] = [
        ("both", both),
        ("right", tuple(height for height in right if height not in both)),
        ("left", tuple(height for height in left if height not in both)),
    ]
    return [ZoneGroup(lungs, heights) for lungs, heights in named if heights]


def _unseen(involvement: Involvement) -> Side | None:
    if involvement.right is None:
        return "right"
    return "left" if involvement.left is None else None


def _zones(scores: Scores, unseen: Side | None) -> tuple[frozenset[str], frozenset[str]]:
    """Return the zones that show opacity for certain, and those that may."""
    hidden = {"right": RIGHT_ZONES, "left": LEFT_ZONES, None: ()}[unseen]
    shown = [z for z in ZONES if z not in hidden and _value(scores.zones[z]) >= LEAST_VALUE]
    certain = frozenset(zone for zone in shown if round(scores.zones[zone].interval[0], 2) > 0)
    return certain, frozenset(shown) - certain


def _more_on(scores: Scores, certain: frozenset[str]) -> Side | None:
    if certain.isdisjoint(RIGHT_ZONES) or certain.isdisjoint(LEFT_ZONES):
        return None
    right, left = (
        sum(_value(scores.zones[zone]) for zone in lung) for lung in (RIGHT_ZONES, LEFT_ZONES)
    )
    value = _value(scores.brixia)
    low, high = (round(bound, 2) for bound in scores.brixia.interval)
    if abs(right - left) <= max(high - value, value - low):
        return None
    return "right" if right > left else "left"


def _value(score: ScaleScore) -> float:
    return round(score.value, 2)
