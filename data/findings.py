"""What a film's finding words say is there, and what they say is not.

A word that nobody knows leaves the rest unknown: a film of which somebody noted ``COVID-19`` alone
may show a pneumonia or none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NOTHING = "No Finding"
NIH = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis",
    "Hernia", "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax",
)  # fmt: skip
"""The closed list of NIH ChestX-ray14 (Wang et al., CVPR 2017): what it leaves out is absent."""

DIAGNOSES = ("COVID-19",)
"""Words that name a cause and not what is seen: never absent because another word stands there."""

_SPELLINGS = {
    "normal": NOTHING,
    "infiltrate": "Infiltration",
    "infiltrates": "Infiltration",
    "pleural effusion": "Effusion",
    "pulmonary edema": "Edema",
    "pleural thickening": "Pleural_Thickening",
    "covid": "COVID-19",
    "covid19": "COVID-19",
    **{name.lower(): name for name in (NOTHING, *NIH, *DIAGNOSES)},
}


def states_of(words: tuple[str, ...]) -> Mapping[str, bool]:
    """Return each finding that the words say is there (True) or is not (False).

    Every known word is there. Where all words are of the closed list, or say that there is
    nothing, the rest of the list is absent; where one word is not, the rest is unknown. A word
    that contains ``pneumonia``, such as a pathogen's, is a pneumonia.
    """
    parts = _split(words)
    named = [_SPELLINGS.get(word, "") for word in parts]
    states = dict.fromkeys(filter(None, named), True)
    if any("pneumonia" in word for word in parts):
        states["Pneumonia"] = True
    if parts and all(name == NOTHING or name in NIH for name in named):
        states = {name: name in states for name in (NOTHING, *NIH)}
    elif states and any(name in NIH for name in states):
        states[NOTHING] = False
    return states


def unknown_words(words: tuple[str, ...]) -> list[str]:
    """Return the words, in lower case, that say nothing about any finding here."""
    return [word for word in _split(words) if word not in _SPELLINGS and "pneumonia" not in word]


def _split(words: tuple[str, ...]) -> list[str]:
    parts = (part.strip().lower() for word in words for part in re.split(r"[,;/]", word))
    return [part for part in parts if part]
