"""Facts in Spanish."""

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
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio"),
    *("agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
_TRENDS = {
    "more": "En conjunto, aumento desde",
    "less": "En conjunto, disminución desde",
    "uncertain": "Sin cambio seguro desde",
}
_HEIGHTS = {"upper": "superior", "middle": "medio", "lower": "inferior"}
_PLURALS = {"upper": "superiores", "middle": "medios", "lower": "inferiores"}
_SIDES = {"right": "derecho", "left": "izquierdo"}


def day_words(day: date) -> str:
    """Return a day in words."""
    return f"{day.day} de {_MONTHS[day.month - 1]} de {day.year}"


def _finding(facts: Facts) -> str:
    if facts.kind == "none":
        return "El modelo no detecta opacidades."
    if facts.kind == "faint":
        return "Posibles opacidades, sin campo definido."
    if not facts.certain:
        return f"Posibles opacidades {_zones(facts.possible)}."
    more = f", de predominio {_SIDES[facts.more_on]}" if facts.more_on else ""
    possible = f"; posiblemente también {_zones(facts.possible)}" if facts.possible else ""
    return f"Opacidades {_zones(facts.certain)}{more}{possible}."


def _unseen(side: Side) -> str:
    return f"No se ha encontrado el pulmón {_SIDES[side]}."


def _change(change: ChangeSince) -> str:
    prior = "la radiografía anterior" if change.day is None else f"el {day_words(change.day)}"
    return f"{_TRENDS[change.trend]} {prior}."


def _zones(zones: Iterable[str]) -> str:
    *most, last = [_group(one) for one in groups(zones)]
    return f"{', '.join(most)} y {last}" if most else last


def _group(group: ZoneGroup) -> str:
    """Return the zones with their preposition."""
    if group.heights == HEIGHTS:
        lung = "de ambos pulmones" if group.lungs == "both" else f"del pulmón {_SIDES[group.lungs]}"
        return f"en todos los campos {lung}"
    both = group.lungs == "both"
    if len(group.heights) == 1:
        height = group.heights[0]
        if both:
            return f"en ambos campos {_PLURALS[height]}"
        return f"en el campo {_HEIGHTS[height]} {_SIDES[group.lungs]}"
    if both:
        return f"en los campos {_pair(_PLURALS[one] for one in group.heights)} de ambos pulmones"
    return f"en los campos {_pair(_HEIGHTS[one] for one in group.heights)} {_SIDES[group.lungs]}s"


def _pair(heights: Iterable[str]) -> str:
    """Return two heights; before another i, "y" becomes "e"."""
    first, last = heights
    return f"{first} {'e' if last.startswith('i') else 'y'} {last}"


WORDING = Wording(
    label="Generado a partir de las puntuaciones por zonas",
    withheld=(
        "Sin descripción: según el control de entrada, la orientación o la polaridad de la "
        "radiografía no es segura."
    ),
    finding=_finding,
    unseen=_unseen,
    change=_change,
    remarked="Con las reservas del control de entrada.",
)
