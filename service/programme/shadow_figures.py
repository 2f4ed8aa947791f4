"""How a model in shadow and production agree on the same films, and what each took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from radiograde.model.agreement import LimitsOfAgreement, limits_of_agreement
from radiograde.service.programme.shadow_repository import Pair

SCALES = ("brixia", "geographic_extent", "opacity")


@dataclass(frozen=True, slots=True)
class ScaleAgreement:
    """Shadow minus production, in points of a scale, of films that both scored.

    ``low``, ``high``: limits of agreement (Bland and Altman 1986). ``r``: None of fewer than three
    films, or where one side never differs.
    """

    scale: str
    films: int
    mean: float
    mean_size: float
    low: float
    high: float
    r: float | None


@dataclass(frozen=True, slots=True)
class ShadowFigures:
    """Films of one model in shadow. ``same_severity``: share of those that both scored.

    ``refused_here``: films that the shadow alone left ungraded; ``refused_there``: that production
    alone did. ``production_ms``, ``shadow_ms``: median time a film; the shadow's is of one core,
    counted while it ran.
    """

    films: int
    both_scored: int
    same_severity: float | None
    refused_here: int
    refused_there: int
    production_ms: float | None
    shadow_ms: float | None
    scales: Sequence[ScaleAgreement]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON types."""
        return asdict(self)


def shadow_figures(pairs: Sequence[Pair]) -> ShadowFigures:
    """Return how the two agree on films that both were given."""
    both = [one for one in pairs if _scored(one.production) and _scored(one.shadow)]
    same = [one.production["severity"] == one.shadow["severity"] for one in both]
    return ShadowFigures(
        films=len(pairs),
        both_scored=len(both),
        same_severity=sum(same) / len(same) if same else None,
        refused_here=sum(_scored(one.production) and not _scored(one.shadow) for one in pairs),
        refused_there=sum(_scored(one.shadow) and not _scored(one.production) for one in pairs),
        production_ms=_median([one.production["timing_ms"].get("total") for one in pairs]),
        shadow_ms=_median([one.shadow["timing_ms"].get("processor") for one in pairs]),
        scales=[_agreement(scale, both) for scale in SCALES] if both else [],
    )


def _agreement(scale: str, pairs: Sequence[Pair]) -> ScaleAgreement:
    production, shadow = (
        np.array([side["scores"][scale]["value"] for side in sides], np.float64)
        for sides in ([one.production for one in pairs], [one.shadow for one in pairs])
    )
    difference = shadow - production
    mean = float(difference.mean())
    limits = limits_of_agreement(production, shadow) or LimitsOfAgreement(mean, mean, mean)
    varies = len(pairs) > 2 and production.std() > 0 and shadow.std() > 0
    return ScaleAgreement(
        scale,
        len(pairs),
        limits.bias,
        float(np.abs(difference).mean()),
        limits.low,
        limits.high,
        float(np.corrcoef(production, shadow)[0, 1]) if varies else None,
    )


def _scored(document: dict[str, Any]) -> bool:
    return bool(document["status"] == "scored")


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
