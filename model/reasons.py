"""Everything that can be remarked on a film, or keep it from being graded: code, level and words.

A code is a contract: JSON, documents and the page's translations know it. Two reasons may share
one, where the same thing is seen in different ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["info", "warn", "reject"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding of the input check; ``level`` reject keeps the film from being graded."""

    code: str
    level: Level
    message: str


def _reject(code: str, message: str) -> Reason:
    return Reason(code, "reject", message)


def _warn(code: str, message: str) -> Reason:
    return Reason(code, "warn", message)


# Corrected or noticed while the film was read.
INVERTED = _warn(
    "inverted", "The film was stored as a negative. It was inverted, so that air is black."
)
POLARITY_UNSURE = _warn(
    "polarity_unsure",
    "It is unsure whether the film is shown as its negative. Check that air is black.",
)
MIRRORED = _warn(
    "mirrored",
    "The film was stored as its mirror image. It was flipped, so that the patient's right is on "
    "the left.",
)
UPSIDE_DOWN = _warn(
    "upside_down", "The film was stored upside down. It was flipped, so that the head is up."
)
ASKEW = _warn(
    "orientation_unsure",
    "The header says that the film lies on its side or askew. Check that the head is up and the "
    "patient's right is on the left.",
)

SIDES_UNSURE = _warn(
    "orientation_unsure",
    "The heart seems to lie on the wrong side and the file does not say which side is which. "
    "Check that the patient's right is on the left.",
)

# What the header says.
OTHER_CLASS = _reject("not_radiograph", "The object is of another kind than a plain radiograph.")
CROSS_SECTION = _reject(
    "not_radiograph", "The header describes a cross-section. Send the plain chest film."
)
OTHER_MODALITY = _reject("not_radiograph", "The header names a modality that makes no films.")
MODALITY_MISMATCH = _warn("modality_mismatch", "The header names a modality that makes no films.")
SEVERAL_FRAMES = _reject("multi_frame", "The file holds several frames. Send one film at a time.")
OTHER_BODY_PART = _reject("not_chest", "The header names another body part than the chest.")
LATERAL_VIEW = _reject("lateral_view", "This is a lateral view. Send the frontal one, PA or AP.")
OTHER_VIEW = _reject("not_frontal", "This is neither a PA nor an AP view. Send one of these.")
VIEW_UNKNOWN = _warn("view_unknown", "The file does not say whether the film is PA or AP.")
CHILD_BY_AGE = _reject("child", "The patient is a child; the scales are made for adults.")
AGE_UNKNOWN = Reason("age_unknown", "info", "The file does not say the age; adults are assumed.")

# What the pixels show, before the network sees them.
IN_COLOUR = _reject("not_radiograph", "The picture is in colour; radiographs are grey.")
TOO_SMALL = _reject("too_small", "The picture is too small to grade. Send the film itself.")
TOO_NARROW = _reject("not_chest", "The picture is too narrow for a chest film.")
LOW_RESOLUTION = _warn("low_quality", "The picture is small; send the film at its own size.")
BLANK = _reject("blank", "The picture is nearly empty. Check the exposure or the export.")
UNLIKE_CHEST = _reject("not_chest", "The picture does not look like a frontal chest film.")

# What the network sees.
CHILD_BY_PICTURE = _reject(
    "child", "This looks like a child's film; the scales are made for adults."
)
CT_SLICE = _reject("not_radiograph", "This looks like a CT slice. Send the plain chest film.")
NOT_CHEST = _reject("not_chest", "The picture does not look like a chest film.")
INCOMPLETE_LUNGS = _reject(
    "incomplete_lungs", "The lungs are cut off. Send a film that shows both whole."
)
LOW_QUALITY = _reject("low_quality", "The picture is too blurred or noisy to grade.")
TURNED = _reject("turned", "The film lies on its side or upside down. Turn it upright.")
UNFAMILIAR = _reject(
    "out_of_distribution",
    "The picture is unlike the films that the model learned from. Check that it is a frontal "
    "chest film of an adult.",
)
NO_LUNGS = _reject("not_chest", "No lungs were found. Send a frontal chest radiograph of an adult.")

NO_CHEST = frozenset({NOT_CHEST.code, CT_SLICE.code, UNFAMILIAR.code})
"""Codes of rejections that say: no chest, and so no polarity that a chest could tell."""


def shows_no_chest(reasons: Iterable[Reason]) -> bool:
    """Return whether a picture was rejected because it is not of a chest."""
    return any(reason.level == "reject" and reason.code in NO_CHEST for reason in reasons)


ALL = tuple(value for value in dict(globals()).values() if isinstance(value, Reason))
