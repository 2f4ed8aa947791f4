"""How much a picture looks like a frontal chest film, and so whether it is shown as its negative.

Judged by 64 means: dark lungs beside a bright mediastinum, bright abdomen below, dark air above
the shoulders. The weights are the mean of 1,825 frontal films of public collections, each freed of
its flat border, cut into 8 x 8 cells and freed of its brightness and contrast; symmetric and
rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reasons import INVERTED, POLARITY_UNSURE, Reason

Sample = TypeVar("Sample", bound=np.generic)


class _Spread(Protocol):
    """The range of greys of each row or column."""

    def __call__(self, picture: NDArray[np.float32], /, *, axis: int) -> NDArray[np.float32]: ...


CELLS = 8
SAMPLES = 256
FLAT_BORDER = 0.05
LEAST_LEFT = 0.5

LEAST_LIKENESS = 0.24
"""Of 1,641 frontal films of five collections 0.6 % lie below, 0.4 % within their margins, too."""

LEAST_ENCLOSED = 0.35
"""For what the margins of a picture enclose: slices in black margins come near it, too."""

MARGIN, OUTERMOST = 0.08, (10, 90)
"""A row or column is margin whose greys, but for a tenth at each end, span no more."""

EDGES = ("top", "bottom", "left", "right")
UNSURE = 0.1

LEFT_HALF = (
    (-20, -16, -10, 0),
    (-3, -2, -7, -1),
    (2, -1, -11, -1),
    (1, -2, -9, 3),
    (-2, -1, -3, 8),
    (-4, 1, 4, 12),
    (-6, 6, 11, 15),
    (-7, 10, 15, 17),
)


class ChestResemblance:
    """How a picture looks beside a chest film; what is asked for is worked out once.

    ``pixels``: (H, W) in [0, 1], at least 8 x 8.
    """

    def __init__(self, pixels: NDArray[np.float32]) -> None:
        self._pixels = pixels

    @property
    def contrast(self) -> float:
        """The standard deviation of the 64 means, 0 to 0.5: noise does not count."""
        return float(self._cells.std())

    @cached_property
    def likeness(self) -> float:
        """The correlation, -1 to 1; its negative gives the opposite sign, a flat picture 0."""
        return float((_standardised(self._cells) * _TEMPLATE).sum())

    @property
    def is_like(self) -> bool:
        """Whether it looks like a chest film: whole, or within its margins."""
        return self.likeness >= LEAST_LIKENESS or self._within_margins >= LEAST_ENCLOSED

    @property
    def polarity(self) -> Reason | None:
        """What is to be said of black and white: exchanged, unsure, or nothing.

        Of a picture too small to judge it is nothing.
        """
        if min(self._pixels.shape) < CELLS:
            return None
        likeness = self._plain_likeness
        if likeness < -LEAST_LIKENESS:
            return INVERTED
        return POLARITY_UNSURE if likeness < UNSURE else None

    @property
    def _plain_likeness(self) -> float:
        """The likeness within margins, where it is plainer there, else that of the whole."""
        if self.likeness >= LEAST_ENCLOSED:
            return self.likeness
        enclosed = self._within_margins
        plain = abs(enclosed) >= max(LEAST_ENCLOSED, abs(self.likeness))
        return enclosed if plain else self.likeness

    @cached_property
    def _cells(self) -> NDArray[np.float64]:
        return _cell_means(self._pixels)

    @cached_property
    def _within_margins(self) -> float:
        return ChestResemblance(_within_margins(thumbnail_of(self._pixels))).likeness


def thumbnail_of(pixels: NDArray[Sample]) -> NDArray[Sample]:
    """Return the pixels that the likeness is judged by, about 256 rows and columns; a view.

    A thumbnail is its own thumbnail.
    """
    rows, columns = pixels.shape
    return pixels[:: max(1, rows // SAMPLES), :: max(1, columns // SAMPLES)]


def _cell_means(pixels: NDArray[np.float32]) -> NDArray[np.float64]:
    thumbnail = without_border(thumbnail_of(pixels))
    top = np.linspace(0, thumbnail.shape[0], CELLS + 1).astype(np.intp)
    left = np.linspace(0, thumbnail.shape[1], CELLS + 1).astype(np.intp)
    sums = np.add.reduceat(thumbnail, top[:-1], axis=0, dtype=np.float64)
    sums = np.add.reduceat(sums, left[:-1], axis=1)
    means: NDArray[np.float64] = sums / np.outer(np.diff(top), np.diff(left))
    return means


def without_border(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what strips of one grey along the edges enclose, also one strip beside another.

    A picture of which too little would be left is returned as it is.
    """
    return _enclosed(picture, np.ptp, FLAT_BORDER)


def _within_margins(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what margins enclose in which there may be noise, writing or a few lines.

    A picture of which too little would be left is returned as it is.
    """
    return _enclosed(picture, _usual_range, MARGIN)


def _enclosed(picture: NDArray[np.float32], spread: _Spread, flat: float) -> NDArray[np.float32]:
    """Return what remains once the outer rows and columns of little ``spread`` are gone.

    Strips that meet at a corner are of one grey only without each other.
    """
    least = max(CELLS, LEAST_LEFT * min(picture.shape))
    for _ in EDGES:
        rows, columns = (np.flatnonzero(spread(picture, axis=axis) > flat) for axis in (1, 0))
        if min(rows.size, columns.size) < least:
            break
        inner = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if inner.shape == picture.shape:
            break
        picture = inner
    return picture


def _usual_range(picture: NDArray[np.float32], *, axis: int) -> NDArray[np.float32]:
    low, high = np.percentile(picture, OUTERMOST, axis=axis)
    usual: NDArray[np.float32] = high - low
    return usual


def _standardised(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = cells - cells.mean()
    norm = np.linalg.norm(centred)
    return centred / norm if norm > 1e-9 else np.zeros_like(centred)


def settle_polarity(
    pixels: NDArray[np.float32],
) -> tuple[NDArray[np.float32], Sequence[Reason]]:
    """Return the pixels with 0 = air, and what was noticed.

    Its negative looks like a chest: inverted, with a note. Doubtful: left as it is, with a
    warning. A picture too small to judge is left alone.
    """
    noticed = ChestResemblance(pixels).polarity
    if noticed is None:
        return pixels, ()
    return 1 - pixels if noticed == INVERTED else pixels, (noticed,)


def is_negative(codes: NDArray[Any], shades: NDArray[np.float32]) -> bool:
    """Return whether :func:`settle_polarity` inverts the pixels ``shades[codes]``.

    Only the pixels that it judges by are worked out. ``codes``: (H, W); ``shades``: in [0, 1].
    """
    return ChestResemblance(np.take(shades, thumbnail_of(codes))).polarity == INVERTED


_TEMPLATE = _standardised(np.hstack((np.array(LEFT_HALF), np.array(LEFT_HALF)[:, ::-1])))
