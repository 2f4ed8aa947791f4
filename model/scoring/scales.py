"""The severity scales: Brixia, geographic extent, opacity, involvement, and their ranges.

Brixia: Borghesi and Maroldi, Radiol Med 2020;125:509-513. Geographic extent and opacity:
Cohen et al., arXiv 2005.11856, after Wong et al., Radiology 2020;296:E72-E78.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ZoneName = Literal["A", "B", "C", "D", "E", "F"]

RIGHT_ZONES = ("A", "B", "C")
"""Zones of the patient's right lung from top to bottom: the image's left side."""

LEFT_ZONES = ("D", "E", "F")
"""Zones of the patient's left lung from top to bottom: the image's right side."""

ZONES = RIGHT_ZONES + LEFT_ZONES

ZONE_NAMES = {
    "A": "right upper",
    "B": "right middle",
    "C": "right lower",
    "D": "left upper",
    "E": "left middle",
    "F": "left lower",
}

MIRRORED_ZONES = LEFT_ZONES + RIGHT_ZONES
"""Zone order after the film is mirrored left to right."""

SEVERITY_BANDS = ("none", "mild", "moderate", "severe")


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale's name, range and meaning."""

    name: str
    low: float
    high: float
    meaning: str

    def clip(self, value: float) -> float:
        """Return the value, moved into the scale's range."""
        return min(max(value, self.low), self.high)


ZONE = Scale(
    "zone",
    0.0,
    3.0,
    "0 none, 1 interstitial, 2 interstitial and alveolar, interstitial predominant, "
    "3 interstitial and alveolar, alveolar predominant",
)
BRIXIA = Scale("brixia", 0.0, 18.0, "sum of the six zones")
EXTENT = Scale(
    "geographic_extent",
    0.0,
    8.0,
    "each lung 0 none, 1 <25 %, 2 25-50 %, 3 50-75 %, 4 >75 % involved; summed",
)
OPACITY = Scale(
    "opacity",
    0.0,
    8.0,
    "each lung 0 none, 1 ground glass, 2 consolidation, 3 mixed, 4 white-out; summed",
)
INVOLVEMENT = Scale("lung_involvement_percent", 0.0, 100.0, "share of the lung's area marked")
