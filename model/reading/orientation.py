"""Which way round the film is stored, and how it is set upright, PS3.3 section C.7.6.1.1.1."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reasons import ASKEW, MIRRORED, UPSIDE_DOWN, Reason

FLIPS: dict[str, tuple[bool, bool]] = {
    "L\\F": (False, False),
    "R\\F": (False, True),
    "L\\H": (True, False),
    "R\\H": (True, True),
}
"""Which axes to flip, rows and columns, by PatientOrientation."""

DIRECTIONS = re.compile(r"[LRHFAP]{1,3}\\[LRHFAP]{1,3}")


Sample = TypeVar("Sample", bound=np.generic)


class Orientation(NamedTuple):
    """``flipped``: whether the order of rows, and of columns, is to be turned around.

    ``known``: the header says where head and sides are.
    """

    flipped: tuple[bool, bool] = (False, False)
    notes: tuple[Reason, ...] = ()
    known: bool = False

    def upright(self, pixels: NDArray[Sample]) -> NDArray[Sample]:
        """Return (H, W) pixels with the head up and the patient's right on the left."""
        axes = tuple(axis for axis, flip in enumerate(self.flipped) if flip)
        return np.ascontiguousarray(np.flip(pixels, axes)) if axes else pixels


def orientation_of(header: Header) -> Orientation:
    r"""Return how PatientOrientation says the film is stored; ``L\F`` is upright.

    Mirrored and upside-down films are to be flipped. One on its side or askew is left as it is,
    with a warning, as is one that is said to be lateral. An absent or malformed value says nothing.
    """
    stated = "\\".join(header.texts("PatientOrientation"))
    flipped = FLIPS.get(stated)
    if flipped is not None:
        found = zip((UPSIDE_DOWN, MIRRORED), flipped, strict=True)
        return Orientation(flipped, tuple(note for note, flip in found if flip), known=True)
    if DIRECTIONS.fullmatch(stated):
        return Orientation(notes=(ASKEW,))
    return Orientation()
