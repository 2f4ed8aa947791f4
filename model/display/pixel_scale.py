"""Stored codes as unsigned 16-bit pixels on a linear scale of modality values.

What a picture cannot carry beside its pixels is put into them: padding becomes a value that the
film's own display shows black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.colour import look_up
from radiograde.model.reading.greyscale import Codes
from radiograde.model.reading.voi import Display

LEVELS = 65536
UNSEEN = 1 / 512
"""Greys closer together than this are the same on an 8-bit screen."""


@dataclass(frozen=True, slots=True, eq=False)
class PixelScale:
    """``table``: (codes,) uint16, the pixel of every code; value = pixel * slope + intercept."""

    table: NDArray[np.uint16]
    slope: float
    intercept: float

    def pixels_of(self, codes: NDArray[Any]) -> NDArray[np.uint16]:
        """Return (H, W) uint16; the codes themselves, not copied, where nothing differs."""
        used = int(codes.max()) + 1
        if codes.dtype == np.uint16 and np.array_equal(self.table[:used], np.arange(used)):
            return codes.view(np.uint16)
        return look_up(self.table, codes)


def scale_of(codes: Codes, stored: NDArray[Any], display: Display, *, inverted: bool) -> PixelScale:
    """Return the scale of a frame's codes, ``stored``: (H, W).

    Stored value 0, or the lowest of signed ones, is pixel 0, unless padding needs a value below.
    ``inverted``: what the display maps to 0 is white.
    """
    lowest = min(0, int(codes.steps.min()))
    if not codes.padding.any():
        return _scale(codes, lowest)
    used = _film_steps(codes, stored)
    below = int(used.max(initial=0)) - (LEVELS - 1)
    greys = {end: _greys(codes, display, end, inverted=inverted) for end in (lowest, below)}
    low_end = min(greys, key=lambda end: max(UNSEEN, greys[end].min()))
    scale = _scale(codes, low_end)
    scale.table[codes.padding] = _black(greys[low_end], used - low_end)
    return scale


def _scale(codes: Codes, low_end: int) -> PixelScale:
    table = (codes.steps - low_end).astype(np.uint16)
    return PixelScale(table, codes.slope, codes.intercept + low_end * codes.slope)


def _film_steps(codes: Codes, stored: NDArray[Any]) -> NDArray[np.int64]:
    """Return the steps that occur in the film, padding left out."""
    occurs = np.zeros(codes.steps.shape, np.bool_)
    occurs[stored] = True
    return codes.steps[occurs & ~codes.padding]


def _greys(codes: Codes, display: Display, low_end: int, *, inverted: bool) -> NDArray[np.float64]:
    """Return the grey of each of the 65,536 pixels, 0 = black."""
    steps = np.arange(low_end, low_end + LEVELS, dtype=np.float64)
    shown = display.apply(steps * codes.slope + codes.intercept)
    return 1 - shown if inverted else shown


def _black(greys: NDArray[np.float64], used: NDArray[np.int64]) -> int:
    """Return the blackest pixel; of several one near those used, for whoever counts pixels."""
    black = np.flatnonzero(greys <= greys.min() + UNSEEN)
    if not used.size:
        return int(black[0])
    return int(black[np.argmin(np.abs(black - np.clip(black, used.min(), used.max())))])
