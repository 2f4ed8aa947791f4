"""What a picture is by its labels: a frontal film of an adult, or what the check turns away."""

from __future__ import annotations

from collections.abc import Mapping

from radiograde.data.film import OUT_OF_SCOPE, Film
from radiograde.model.scoring.input_check import FRONTAL

ORDINARY = "frontal films of adults"
CHILDREN = "children"
LATERALS = "lateral films"
SPINE = "whole-spine films"
CROSS_SECTIONS = "cross-sections and ultrasound"
OTHERS = "other parts and pictures"

KINDS = (ORDINARY, CHILDREN, LATERALS, SPINE, CROSS_SECTIONS, OTHERS)

_WORDS = {
    SPINE: ("spine",),
    CROSS_SECTIONS: ("ct", "mr", "ultrasound", "pet"),
}
"""The first word of what a picture out of scope is said to be, by kind."""

CLASS_OF_KIND: Mapping[str, str] = {
    ORDINARY: FRONTAL,
    CHILDREN: "child",
    LATERALS: "lateral_view",
    SPINE: "not_chest",
    CROSS_SECTIONS: "not_radiograph",
    OTHERS: "not_chest",
}
"""The class of ``CLASSES`` that the input check learns from each kind."""


def kind_of(film: Film) -> str:
    """Return what a picture is by its labels."""
    if film.read.startswith(OUT_OF_SCOPE):
        first = film.read.removeprefix(OUT_OF_SCOPE).lstrip(": ").split("_")[0].split(" ")[0]
        fitting = (kind for kind, words in _WORDS.items() if first in words)
        return next(fitting, OTHERS)
    if film.is_lateral:
        return LATERALS
    return CHILDREN if film.is_child else ORDINARY
