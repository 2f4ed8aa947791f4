"""A result read back from its JSON, schema ``radiograde.result/1``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from radiograde.model.reasons import Reason
from radiograde.model.scoring.result import (
    Failure,
    GateVerdict,
    ImageFacts,
    Involvement,
    Maps,
    ModelFacts,
    ScaleScore,
    Scores,
    SeverityResult,
)


def parse_result(document: Mapping[str, Any], maps: Maps | None = None) -> SeverityResult:
    """Return the result that ``SeverityResult.to_json`` wrote, rounded as it was written.

    Raises:
        KeyError: the document is not a result.
    """
    return SeverityResult(
        status=document["status"],
        model=ModelFacts(**document["model"]),
        image=_image(document["image"]) if "image" in document else None,
        gate=_gate(document["gate"]) if "gate" in document else None,
        scores=_scores(document["scores"]) if "scores" in document else None,
        severity=document.get("severity"),
        error=Failure(**document["error"]) if "error" in document else None,
        id=document["id"],
        timing_ms=document["timing_ms"],
        maps=maps,
    )


def _image(document: Mapping[str, Any]) -> ImageFacts:
    spacing = document["pixel_spacing_mm"]
    return ImageFacts(**{**document, "pixel_spacing_mm": spacing and (spacing[0], spacing[1])})


def _gate(document: Mapping[str, Any]) -> GateVerdict:
    return GateVerdict(tuple(Reason(**reason) for reason in document["reasons"]))


def _scores(document: Mapping[str, Any]) -> Scores:
    brixia = document["brixia"]
    return Scores(
        brixia=_scale(brixia),
        zones={name: _scale(zone) for name, zone in brixia["zones"].items()},
        geographic_extent=_scale(document["geographic_extent"]),
        opacity=_scale(document["opacity"]),
        lung_involvement_percent=Involvement(**document["lung_involvement_percent"]),
    )


def _scale(document: Mapping[str, Any]) -> ScaleScore:
    low, high = document["range"]
    lower, upper = document["interval"]
    return ScaleScore(document["value"], (low, high), (lower, upper), document["level"])
