"""Every number of a result, ready to become a FHIR Observation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydicom.sr.coding import Code

from radiograde.model.scoring.result import Involvement, ScaleScore, Scores
from radiograde.model.scoring.scales import BRIXIA, ZONE, ZONE_NAMES, Scale
from radiograde.service.documents import codes

_LUNGS = (codes.LUNG, codes.BILATERAL)
_SIDES = {codes.BILATERAL: "both lungs", codes.RIGHT: "right lung", codes.LEFT: "left lung"}


@dataclass(frozen=True, slots=True)
class Measurement:
    """A number: of what, where (a part of the lung and a side), and its interval if it has one.

    ``part``: its name within the bundle. ``words``: what is measured, for people. ``interval`` is
    a prediction interval at ``level`` (0-1), in the number's unit. Rounded as in the JSON.
    """

    part: str
    code: Code
    words: str
    value: float
    unit: Code
    site: tuple[Code, Code] = _LUNGS
    interval: tuple[float, float] | None = None
    level: float = 0.0


def measurements(scores: Scores) -> list[Measurement]:
    """Return the scales of both lungs, their involved shares, and the zones A-F."""
    return [
        _scale(codes.BRIXIA, scores.brixia),
        _scale(codes.EXTENT, scores.geographic_extent),
        _scale(codes.OPACITY_SCORE, scores.opacity),
        *_shares(scores.lung_involvement_percent),
        *(_zone(zone, score) for zone, score in scores.zones.items()),
    ]


def corrected(zones: Mapping[str, int]) -> list[Measurement]:
    """Return the Brixia score and its zones A-F as a reader has them: without intervals."""
    whole = Measurement(
        codes.BRIXIA.value,
        codes.BRIXIA,
        _of_range(codes.BRIXIA.meaning, BRIXIA),
        sum(zones.values()),
        codes.SCORE,
    )
    parts = [
        Measurement(
            _zone_part(zone),
            codes.BRIXIA_ZONE,
            _of_range(_zone_words(zone), ZONE),
            grade,
            codes.SCORE,
            codes.ZONE_SITES[zone],
        )
        for zone, grade in zones.items()
    ]
    return [whole, *parts]


def _zone(zone: str, score: ScaleScore) -> Measurement:
    return _scale(
        codes.BRIXIA_ZONE,
        score,
        part=_zone_part(zone),
        words=_zone_words(zone),
        site=codes.ZONE_SITES[zone],
    )


def _zone_part(zone: str) -> str:
    return f"{codes.BRIXIA_ZONE.value}-{zone}"


def _zone_words(zone: str) -> str:
    return f"Brixia score of zone {zone}, {ZONE_NAMES[zone]}"


def _of_range(words: str, scale: Scale) -> str:
    return f"{words} ({scale.low:g} to {scale.high:g})"


def _scale(
    code: Code,
    score: ScaleScore,
    *,
    part: str = "",
    words: str = "",
    site: tuple[Code, Code] = _LUNGS,
) -> Measurement:
    low, high = score.interval
    return Measurement(
        part=part or code.value,
        code=code,
        words=f"{words or code.meaning} ({score.range[0]:g} to {score.range[1]:g})",
        value=round(score.value, 2),
        unit=codes.SCORE,
        site=site,
        interval=(round(low, 2), round(high, 2)),
        level=score.level,
    )


def _shares(involvement: Involvement) -> Iterator[Measurement]:
    """Yield the involved shares of both lungs and of each that is seen."""
    shares = (involvement.total, involvement.right, involvement.left)
    for (side, words), share in zip(_SIDES.items(), shares, strict=True):
        if share is not None:
            yield Measurement(
                part=f"{codes.INVOLVEMENT.value}-{side.meaning.upper()}",
                code=codes.INVOLVEMENT,
                words=f"{codes.INVOLVEMENT.meaning}, {words}",
                value=round(share, 1),
                unit=codes.PERCENT,
                site=(codes.LUNG, side),
            )
