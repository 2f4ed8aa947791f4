"""The watched figures of a film: those of a site's films and of a model's reference."""

from __future__ import annotations

from collections.abc import Mapping

from radiograde.model.scoring.grey_levels import GreyLevels
from radiograde.model.scoring.input_check import FRONTAL
from radiograde.model.scoring.result import SeverityResult

OLDEST_AGE = 90.0
"""Years; who is older is rare enough to be known by it."""

_OF_WHOLE_FILM = 6
"""Place of the global score among the network's spreads."""


def film_figures(result: SeverityResult, age: float | None) -> dict[str, float | None]:
    """Return the watched numbers of a film by name; None for what it does not have.

    Scores in points of their scales, ``spread`` of the global one, ``frontal`` and the levels 0-1,
    ``age`` in years, at most 90.
    """
    scores, trace = result.scores, result.trace
    scope: Mapping[str, float] = (trace and trace.scope) or {}
    passes = (trace and trace.passes) or ()
    levels = None if trace is None else trace.levels
    return {
        "age": None if age is None else min(age, OLDEST_AGE),
        "brixia": scores and scores.brixia.value,
        "geographic_extent": scores and scores.geographic_extent.value,
        "opacity": scores and scores.opacity.value,
        "spread": passes[_OF_WHOLE_FILM] if scores and len(passes) > _OF_WHOLE_FILM else None,
        "frontal": scope.get(FRONTAL),
        **(dict.fromkeys(GreyLevels._fields) if levels is None else levels._asdict()),
    }


def outcome_of(result: SeverityResult) -> str:
    """Return ``scored``, or why the film was rejected or failed, by its code."""
    if result.error is not None:
        return f"failed: {result.error.code}"
    if result.status == "rejected" and result.gate is not None:
        code = next((one.code for one in result.gate.reasons if one.level == "reject"), "")
        return f"rejected: {code}"
    return result.status
