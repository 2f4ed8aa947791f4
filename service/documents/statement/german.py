"""Facts in German."""

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
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)
_TRENDS = {
    "more": "Insgesamt zugenommen seit",
    "less": "Insgesamt abgenommen seit",
    "uncertain": "Keine sichere Änderung seit",
}
_HEIGHTS = {"upper": "Ober", "middle": "Mittel", "lower": "Unter"}
_SIDES = {"right": "recht", "left": "link"}


def day_words(day: date) -> str:
    """Return a day in words."""
    return f"{day.day}. {_MONTHS[day.month - 1]} {day.year}"


def _finding(facts: Facts) -> str:
    if facts.kind == "none":
        return "Das Modell erkennt keine Verschattung."
    if facts.kind == "faint":
        return "Mögliche Verschattungen, keinem Feld zuzuordnen."
    if not facts.certain:
        return f"Mögliche Verschattungen {_zones(facts.possible)}."
    more = f", {_SIDES[facts.more_on]}s betont" if facts.more_on else ""
    possible = f"; möglicherweise auch {_zones(facts.possible)}" if facts.possible else ""
    return f"Verschattungen {_zones(facts.certain)}{more}{possible}."


def _unseen(side: Side) -> str:
    return f"Die {_SIDES[side]}e Lunge wurde nicht gefunden."


def _change(change: ChangeSince) -> str:
    prior = "der Voraufnahme" if change.day is None else f"dem {day_words(change.day)}"
    return f"{_TRENDS[change.trend]} {prior}."


def _zones(zones: Iterable[str]) -> str:
    *most, last = [_group(one) for one in groups(zones)]
    return f"{', '.join(most)} und {last}" if most else last


def _group(group: ZoneGroup) -> str:
    """Return the zones with their preposition."""
    if group.heights == HEIGHTS:
        lung = "beider Lungen" if group.lungs == "both" else f"der {_SIDES[group.lungs]}en Lunge"
        return f"in allen Feldern {lung}"
    first, last = _HEIGHTS[group.heights[0]], _HEIGHTS[group.heights[-1]]
    names = f"{last}feld" if len(group.heights) == 1 else f"{first}- und {last}feld"
    if group.lungs != "both":
        return f"im {_SIDES[group.lungs]}en {names}"
    return f"in beiden {names}ern" if first == last else f"in den {names}ern beider Lungen"


WORDING = Wording(
    label="Automatisch aus den Zonenwerten erzeugt",
    withheld=(
        "Keine Beschreibung: Laut Eingangsprüfung ist die Ausrichtung oder die Polarität der "
        "Aufnahme unsicher."
    ),
    finding=_finding,
    unseen=_unseen,
    change=_change,
    remarked="Unter Vorbehalt der Hinweise der Eingangsprüfung.",
)
