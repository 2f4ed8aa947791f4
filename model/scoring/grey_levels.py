"""How bright and how grainy a film is: what changes with a detector, its gain or its processing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from radiograde.model.reading.grey import Grey

_PERCENTILES = (5, 50, 95)
_LEAST_RANGE = 1e-3


class GreyLevels(NamedTuple):
    """Levels of a film, worked out from about 256 rows and columns of it.

    ``dark``, ``middle``, ``bright``: the 5th, 50th and 95th percentile of the stored values, as
    shares of the highest that they can have. ``grain``: mean difference of neighbours, as a share
    of the range from dark to bright. ``shown``: the median as the film is shown, 0-1.
    """

    dark: float
    middle: float
    bright: float
    grain: float
    shown: float


def grey_levels(grey: Grey) -> GreyLevels:
    """Return the levels of a film."""
    stored = grey.stored_thumbnail
    dark, middle, bright = grey.stored_levels(_PERCENTILES)
    steps = float(np.abs(np.diff(stored, axis=1)).mean()) if stored.shape[1] > 1 else 0.0
    grain = steps / max(bright - dark, _LEAST_RANGE)
    (shown,) = grey.levels((50,))
    return GreyLevels(dark, middle, bright, grain, shown)
