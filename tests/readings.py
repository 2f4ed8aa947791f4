"""Grades of a film, made up for a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from radiograde.data.film import Reading
from radiograde.data.label_scales import SCALES
from radiograde.model.scoring.scales import ZONES


def readings(
    brixia: Mapping[str, Sequence[int]] | None = None,
    geographic_extent: float | None = None,
    opacity: float | None = None,
    opacity_max: float | None = None,
    extent6: Mapping[str, float] | None = None,
) -> tuple[Reading, ...]:
    """Return the grades; extent and opacity are of the whole film and of no named reader."""
    found = [
        Reading("brixia", reader, zone, float(value), 3.0)
        for reader, zones in (brixia or {}).items()
        for zone, value in zip(ZONES, zones, strict=True)
    ]
    whole = {"geographic_extent": geographic_extent, "opacity": opacity}
    for scale, value in whole.items():
        if value is not None:
            top = opacity_max if scale == "opacity" else None
            found.append(Reading(scale, "", "", value, float(top or SCALES[scale].film or 0)))
    found += [
        Reading("extent6", reader, "", float(value), 6.0)
        for reader, value in (extent6 or {}).items()
    ]
    return tuple(found)
