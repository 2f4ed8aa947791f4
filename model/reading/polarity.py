"""Is the film shown as its negative? By its content, since the photometric tag may lie."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.chest_template import CELLS, chest_likeness, thumbnail_of
from radiograde.model.reasons import INVERTED, POLARITY_UNSURE, Reason

SURE = 0.15
"""Of 1,825 frontal films none lies below -0.15; 99.9 % of their negatives do."""

UNSURE = 0.1


def settle_polarity(
    pixels: NDArray[np.float32],
) -> tuple[NDArray[np.float32], Sequence[Reason]]:
    """Return the pixels with 0 = air, and what was noticed.

    Plainly a negative: inverted, with a note. Doubtful: left as it is, with a warning. A picture
    too small to judge is left alone.
    """
    if min(pixels.shape) < CELLS:
        return pixels, ()
    likeness = chest_likeness(pixels)
    if likeness < -SURE:
        return 1 - pixels, (INVERTED,)
    if likeness < UNSURE:
        return pixels, (POLARITY_UNSURE,)
    return pixels, ()


def is_negative(codes: NDArray[Any], shades: NDArray[np.float32]) -> bool:
    """Return whether :func:`settle_polarity` inverts the pixels ``shades[codes]``.

    Only the pixels that it judges by are worked out. ``codes``: (H, W); ``shades``: in [0, 1].
    """
    if min(codes.shape) < CELLS:
        return False
    return chest_likeness(np.take(shades, thumbnail_of(codes))) < -SURE
