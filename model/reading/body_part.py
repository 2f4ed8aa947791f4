"""Which body part a header names: the chest, something else, or nothing that is known."""

from __future__ import annotations

import re
from typing import Literal

CHEST_STEMS = ("CHEST", "THOR", "TORA", "TORSO", "LUNG", "RIB", "PULM", "HEART")
"""Beginnings of the words for a chest film, across languages and misspellings."""

OTHER_PARTS = frozenset(
    [
        "ABDOMEN",
        "ANKLE",
        "ARM",
        "BRAIN",
        "BREAST",
        "CALCANEUS",
        "CALF",
        "CAROTID",
        "CERVIX",
        "CLAVICLE",
        "COCCYX",
        "COLON",
        "CSPINE",
        "DENTAL",
        "ELBOW",
        "EXTREMITY",
        "EYE",
        "FACE",
        "FEMUR",
        "FINGER",
        "FOOT",
        "FOREARM",
        "HAND",
        "HEAD",
        "HEEL",
        "HIP",
        "HUMERUS",
        "JAW",
        "KNEE",
        "LEG",
        "LSPINE",
        "MAMMO",
        "MAMMOGRAM",
        "MAMMOGRAPHY",
        "MANDIBLE",
        "MAXILLA",
        "NECK",
        "PANORAMIC",
        "PATELLA",
        "PELVIS",
        "SACRUM",
        "SCAPULA",
        "SHOULDER",
        "SINUS",
        "SKULL",
        "SPINE",
        "SSPINE",
        "TEETH",
        "THIGH",
        "THUMB",
        "TIBIA",
        "TOE",
        "TOOTH",
        "TSPINE",
        "WRIST",
        "ZYGOMA",
    ]
)
"""Body Part Examined values of PS3.16 Annex L, and everyday words, that are no chest film."""

BodyPart = Literal["chest", "other", "unclear"]


def classify(text: str | None) -> BodyPart:
    """Return what the words mean; ``chest`` wins, so only TSPINE is a thoracic spine."""
    words = re.findall(r"[A-Z]+", (text or "").upper())
    if any(word.startswith(CHEST_STEMS) for word in words):
        return "chest"
    return "other" if OTHER_PARTS.intersection(words) else "unclear"
