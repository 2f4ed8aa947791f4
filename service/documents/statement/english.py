"""Facts in English."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from radiograde.service.documents.statement.facts import (
    HEIGHTS,
    ChangeSince,
    Facts,
    Side,
    ZoneGroup,
    groups,
)
from radiograde.service.documents.statement.wording import Wording

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_TRENDS = {"more": "Overall more than", "less": "Overall less than"}


def day_words(day: date) -> str:
    """Return a day in words."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _finding(facts: Facts) -> str:
    if facts.kind == "none":
        return "The model sees no opacity."
    if facts.kind == "faint":
        return "Possible opacities, in no zone in particular."
    if not facts.certain:
        return f"Possible opacities in {_zones(facts.possible)}."
    more = f", more on the {facts.more_on}" if facts.more_on else ""
    possible = f"; possibly also in {_zones(facts.possible)}" if facts.possible else ""
    return f"Opacities in {_zones(facts.certain)}{more}{possible}."


def _unseen(side: Side) -> str:
    return f"The {side} lung was not found."


def _change(change: ChangeSince) -> str:
    prior = "the previous film" if change.day is None else day_words(change.day)
    if change.trend == "uncertain":
        return f"No certain change since {prior}."
    return f"{_TRENDS[change.trend]} on {prior}."


def _zones(zones: Iterable[str]) -> str:
    return _listed([_group(one) for one in groups(zones)])


def _group(group: ZoneGroup) -> str:
    if group.heights == HEIGHTS:
        lung = "both lungs" if group.lungs == "both" else f"the {group.lungs} lung"
        return f"all zones of {lung}"
    heights = _listed(group.heights)
    several = "zones" if len(group.heights) > 1 else "zone"
    if group.lungs != "both":
        return f"the {group.lungs} {heights} {several}"
    return f"both {heights} zones" if several == "zone" else f"the {heights} zones of both lungs"


def _listed(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


WORDING = Wording(
    label="Generated from the zone scores",
    withheld="No description: the input check is unsure of the film's orientation or polarity.",
    finding=_finding,
    unseen=_unseen,
    change=_change,
    remarked="Subject to the remarks of the input check.",
)
