"""How modality values are shown: by a lookup table, a window, or their own range, PS3.3 C.11.

A VOI LUT and a window are alternatives (C.11.2), and the first of several is meant to be shown
first. A modality LUT (C.11.1) is the same table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.dicom_header import Header

LARGEST_VALUE = 1e100
TAIL = 0.001
"""Share of the pixels that may saturate at each end: markers and dead pixels."""

MIN_CONTRAST = 0.1
MIN_INSIDE = 0.1

Curve = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]


@dataclass(frozen=True, slots=True, eq=False)
class Lut:
    """``entries`` for the values from ``first`` on; ``highest`` is the full scale."""

    entries: NDArray[np.float64]
    first: int
    highest: float

    def apply(self, values: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the entries; values below and above the table take its ends."""
        return self.entries[np.clip(values - self.first, 0, self.entries.size - 1)]


def read_lut(item: Header, *, signed: bool) -> Lut | None:
    """Return the item's table; None if it is absent, flat, or lacks more than one entry.

    A count of 0 means 65,536. ``signed``: the first mapped value is two's complement, as are the
    values that the table is looked up with (PS3.3 C.11.1.1, C.11.2.1.1).
    """
    descriptor = item.shorts("LUTDescriptor")
    if len(descriptor) != 3:
        return None
    count, first, bits = descriptor[0] or 65536, descriptor[1], descriptor[2]
    entries = _entries(item, count)
    if entries is None or entries.max() == entries.min():
        return None
    if signed and first & 0x8000:
        first -= 0x10000
    highest, used = float(2 ** min(max(bits, 1), 16) - 1), float(entries.max())
    # Entries that leave the upper half unused were made for fewer bits than declared.
    if used > highest or used <= highest / 2:
        highest = used
    return Lut(entries, first, highest)


def _entries(item: Header, count: int) -> NDArray[np.float64] | None:
    """Return the table's entries: one 16-bit word each, or one byte each where only that fits."""
    words = item.shorts("LUTData")
    if len(words) >= count - 1:  # some writers leave the last one out
        return np.array(words[:count], dtype=np.float64)
    raw = item.raw("LUTData") or b""
    if len(raw) >= count:
        return np.frombuffer(raw, np.uint8, count).astype(np.float64)
    return None


@dataclass(frozen=True, slots=True)
class Window:
    """Centre and width in modality units; ``function`` is a VOI LUT Function."""

    centre: float
    width: float
    function: str

    @property
    def curve(self) -> Curve:
        """The function that is applied; LINEAR has none for a width of 1 or less."""
        if self.function == "SIGMOID":
            return "SIGMOID"
        exact = self.function == "LINEAR_EXACT" or self.width <= 1
        return "LINEAR_EXACT" if exact else "LINEAR"

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values mapped to [0, 1] by the standard's formula for the function."""
        curve = self.curve
        if curve == "SIGMOID":
            exponent = np.clip(-4 * (values - self.centre) / self.width, -60, 60)
            return 1 / (1 + np.exp(exponent))
        if curve == "LINEAR_EXACT":
            return np.clip((values - self.centre) / self.width + 0.5, 0, 1)
        return np.clip((values - (self.centre - 0.5)) / (self.width - 1) + 0.5, 0, 1)


@dataclass(frozen=True, slots=True)
class Range:
    """The lowest and the highest value that is shown, in modality units."""

    low: float
    high: float

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values stretched to [0, 1]."""
        return np.clip((values - self.low) / (self.high - self.low), 0, 1)


@dataclass(frozen=True, slots=True, eq=False)
class VoiLut:
    """A table of greys by whole modality value."""

    lut: Lut

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values mapped to [0, 1]."""
        return self.lut.apply(np.rint(values).astype(np.int64)) / self.lut.highest


Display = VoiLut | Window | Range


def choose_display(
    values: NDArray[np.float64], counts: NDArray[np.int64], header: Header
) -> Display:
    """Return what a film is graded as, and shown first.

    A VOI LUT comes before a window, the first of several is taken. Without either, or with a
    window that shows nothing, it is the range of the real pixels. ``values``: modality values;
    ``counts``: how many pixels have each.
    """
    for item in header.items("VOILUTSequence"):
        lut = read_lut(item, signed=bool(values.min() < 0))
        if lut is not None:
            return VoiLut(lut)
    window = read_window(header)
    if window is not None and shows_the_film(window.apply(values), counts):
        return window
    return Range(*display_range(values, counts))


def shows_the_film(shown: NDArray[np.float64], counts: NDArray[np.int64]) -> bool:
    """Return False for a window beside the data, or one so wide that all looks the same."""
    low, high = used_span(shown, counts)
    inside = counts[(shown > 0) & (shown < 1)].sum()
    return bool(high - low > MIN_CONTRAST and inside > MIN_INSIDE * counts.sum())


def read_window(header: Header) -> Window | None:
    """Return the first window; None if there is none or its width is not positive."""
    centre, width = header.number("WindowCenter"), header.number("WindowWidth")
    if centre is None or width is None or not _usable(centre, width):
        return None
    return Window(centre, width, header.text("VOILUTFunction") or "LINEAR")


def read_windows(header: Header) -> Sequence[tuple[str, Window]]:
    """Return every window whose width is positive, each after its explanation, maybe ``""``.

    One VOI LUT Function is theirs together.
    """
    function = header.text("VOILUTFunction") or "LINEAR"
    bounds = zip(header.numbers("WindowCenter"), header.numbers("WindowWidth"), strict=False)
    names = chain(header.texts("WindowCenterWidthExplanation"), repeat(""))
    return [
        (name, Window(centre, width, function))
        for (centre, width), name in zip(bounds, names, strict=False)
        if _usable(centre, width)
    ]


def _usable(centre: float, width: float) -> bool:
    return abs(centre) < LARGEST_VALUE and 1 / LARGEST_VALUE < width < LARGEST_VALUE


def display_range(values: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float, float]:
    """Return the lowest and highest value that is really used, leaving out ``TAIL`` at each end.

    ``values`` are weighted by ``counts``. A flat picture gets a range of one.
    """
    low, high = used_span(values, counts)
    return (low, high) if high > low else (low, low + 1.0)


def used_span(values: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float, float]:
    """Return what :func:`display_range` does, low and high the same for a flat picture."""
    used = counts > 0
    if not used.any():
        return 0.0, 0.0
    order = np.argsort(values[used], kind="stable")
    ordered = values[used][order]
    cumulative = np.cumsum(counts[used][order])
    low = ordered[np.searchsorted(cumulative, TAIL * cumulative[-1])]
    high = ordered[np.searchsorted(cumulative, (1 - TAIL) * cumulative[-1])]
    return float(low), float(high)
