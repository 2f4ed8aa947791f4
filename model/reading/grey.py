"""A film's grey, worked out only as far as it is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from radiograde.model.reading.box_means import box_means
from radiograde.model.reading.chest_template import ChestResemblance, thumbnail_of
from radiograde.model.reading.colour import look_up
from radiograde.model.reading.counted_percentiles import counted_percentiles
from radiograde.model.reading.digest import pixel_digest

Values = NDArray[np.float32]

BOXES = 16
ROOM = 1.25
"""How many times as many rows and columns as asked for are left at least when boxes are averaged.

Nothing more is seen of a film with more of them: over 90 films that readers graded, enlarged to
3,000 pixels, the error of the global score is that of twice as many."""

OFF_THE_LINE = 1e-5


class Digests(NamedTuple):
    """``pixels``: of the decoded codes. ``shades``: of the grey of each; None: they are grey."""

    pixels: str
    shades: str | None = None


class Grey(ABC):
    """Grey values (H, W) in [0, 1], 0 = air (black), 1 = dense (white)."""

    shape: tuple[int, int]

    @property
    @abstractmethod
    def pixels(self) -> Values:
        """Every pixel, (H, W) float32."""

    @property
    @abstractmethod
    def thumbnail(self) -> Values:
        """What the content is judged by: every so many rows and columns, about 256 of each."""

    @cached_property
    def resemblance(self) -> ChestResemblance:
        """How it looks beside a chest film."""
        return ChestResemblance(self.thumbnail)

    @property
    def stored_thumbnail(self) -> Values:
        """The same rows and columns as they are stored, as shares of the highest value."""
        return self.thumbnail

    def levels(self, percents: Sequence[float]) -> list[float]:
        """Return percentiles of the thumbnail, as ``np.percentile`` does."""
        return [float(level) for level in np.percentile(self.thumbnail, percents)]

    def stored_levels(self, percents: Sequence[float]) -> list[float]:
        """Return percentiles of the stored thumbnail."""
        return [float(level) for level in np.percentile(self.stored_thumbnail, percents)]

    @property
    def stored(self) -> tuple[int, int]:
        """Rows and columns of what :meth:`reduced` reduces."""
        return self.shape

    def shrunk(self, height: int, width: int) -> Values:
        """Return means of boxes of it, ``ROOM`` times as high and wide as asked for, or more."""
        rows, columns = self.stored
        return self.reduced(max(1, int(min(rows / height, columns / width) / ROOM)))

    @abstractmethod
    def digests(self) -> Digests:
        """Return digests of what was decoded, and of how it is shown."""

    @abstractmethod
    def reduced(self, factor: int) -> Values:
        """Return the means of boxes of ``factor`` x ``factor`` of what is stored; 1: all of it."""

    @abstractmethod
    def negative(self) -> Grey:
        """Return the same film with black and white exchanged."""


class Pixels(Grey):
    """Grey values that are there already: (H, W) float32."""

    def __init__(self, pixels: Values) -> None:
        self._pixels = pixels
        self.shape = pixels.shape

    @property
    def pixels(self) -> Values:
        """Every pixel, (H, W) float32."""
        return self._pixels

    @property
    def thumbnail(self) -> Values:
        """A view."""
        return thumbnail_of(self._pixels)

    def digests(self) -> Digests:
        """Return the digest of the grey."""
        return Digests(pixel_digest(self._pixels))

    def reduced(self, factor: int) -> Values:
        """Return the means of boxes; worked out by bands, for a whole picture takes memory."""
        if factor == 1:
            return self._pixels
        band = factor * BOXES
        rows = [
            np.asarray(_picture(self._pixels[top : top + band]).reduce(factor))
            for top in range(0, len(self._pixels), band)
        ]
        return np.concatenate(rows)

    def negative(self) -> Pixels:
        """Return the same film with black and white exchanged."""
        return Pixels(1 - self._pixels)


class Shades(Grey):
    """Stored codes, and what each is shown as.

    ``codes``: uint8 or uint16, head up, of every pixel or of a picture of fewer. ``shades``: the
    grey of every code up to the highest, float32 in [0, 1]. ``shape``: of the film.
    """

    def __init__(self, codes: NDArray[Any], shades: Values, shape: tuple[int, int]) -> None:
        self._codes = codes
        self._shades = shades
        self.shape = shape

    @property
    def stored(self) -> tuple[int, int]:
        """Rows and columns of the codes."""
        rows, columns = self._codes.shape
        return rows, columns

    @cached_property
    def pixels(self) -> Values:
        """Every pixel, looked up at the first call and kept; enlarged where there are fewer."""
        shown = look_up(self._shades, self._codes)
        if self.stored == self.shape:
            return shown
        rows, columns = self.shape
        return np.asarray(_picture(shown).resize((columns, rows), Image.Resampling.BILINEAR))

    @cached_property
    def thumbnail(self) -> Values:
        """What the content is judged by, looked up at the first call and kept."""
        return np.take(self._shades, self._some_codes)

    @property
    def stored_thumbnail(self) -> Values:
        """The codes, as shares of the highest."""
        return self._some_codes.astype(np.float32) / self._highest

    def levels(self, percents: Sequence[float]) -> list[float]:
        """Return percentiles of the thumbnail, by how often it has each code."""
        return counted_percentiles(self._shades, self._counts, percents)

    def stored_levels(self, percents: Sequence[float]) -> list[float]:
        """Return percentiles of the stored thumbnail, by how often it has each code."""
        codes = np.arange(len(self._counts), dtype=np.float32)
        return counted_percentiles(codes / self._highest, self._counts, percents)

    @cached_property
    def _some_codes(self) -> NDArray[Any]:
        return np.ascontiguousarray(thumbnail_of(self._codes))

    @cached_property
    def _counts(self) -> NDArray[np.intp]:
        return np.bincount(self._some_codes.ravel(), minlength=len(self._shades))

    @property
    def _highest(self) -> np.float32:
        return np.float32(max(len(self._shades) - 1, 1))

    def digests(self) -> Digests:
        """Return the digests of the codes, and of the grey of every code."""
        return Digests(pixel_digest(self._codes), pixel_digest(self._shades))

    def reduced(self, factor: int) -> Values:
        """Return the means of boxes.

        Where grey is a line of the codes, but for its cut ends, the means are those of the codes
        and then shown: the same but where a box has pixels on both sides of an end. All others,
        such as a sigmoid or a table, are shown before.
        """
        if factor == 1:
            return look_up(self._shades, self._codes)
        low, high = 0, len(self._shades) - 1
        line = _line(self._shades, low, high)
        if line is None:  # codes below the film's may be shown otherwise, such as padding
            low = int(self._codes.min())
            line = _line(self._shades, low, high)
        if line is None:
            return box_means(self._codes, factor, lambda codes: np.take(self._shades, codes))
        of_rows, of_boxes = _roomy(high * factor), _roomy(high * factor**2)
        show = line.shows_cut if line.is_cut(low, high) else line.shows
        return box_means(
            self._codes, factor, lambda codes: codes.astype(of_rows, copy=False), show, of_boxes
        )

    def negative(self) -> Self:
        """Return the same film with black and white exchanged."""
        return type(self)(self._codes, 1 - self._shades, self.shape)


class _Line(NamedTuple):
    """Grey is ``code * slope + start``, cut to [0, 1]."""

    slope: float
    start: float

    def is_cut(self, low: int, high: int) -> bool:
        ends = [code * self.slope + self.start for code in (low, high)]
        return min(ends) < 0 or max(ends) > 1

    def shows(self, codes: Values) -> None:
        """Change codes into their grey, in place, of a line that is not cut."""
        codes *= self.slope
        codes += self.start

    def shows_cut(self, codes: Values) -> None:
        """Change codes into their grey, in place."""
        self.shows(codes)
        np.clip(codes, 0, 1, out=codes)


def _line(shades: Values, low: int, high: int) -> _Line | None:
    """Return the line that the grey of the codes from ``low`` to ``high`` follows, if any."""
    used = shades[low : high + 1].astype(np.float64)
    inside = np.flatnonzero((used > 0) & (used < 1))
    if inside.size < 2:
        return None
    first, last = inside[[0, -1]]
    slope = float(used[last] - used[first]) / float(last - first)
    line = _Line(slope, float(used[first]) - slope * float(first + low))
    expected = np.clip(np.arange(low, high + 1) * line.slope + line.start, 0, 1)
    return line if np.abs(expected - used).max() < OFF_THE_LINE else None


def _roomy(highest: int) -> type[np.unsignedinteger[Any]]:
    return np.uint16 if highest <= np.iinfo(np.uint16).max else np.uint32


def _picture(pixels: Values) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels, np.float32))
