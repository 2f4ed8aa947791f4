"""Which display a film is meant for: its VOI LUT, its window, or the range of its values.

PS3.3 section C.11.2: a VOI LUT and a window are alternatives, and the first of several is meant
to be shown first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.lut import Lut, read_lut
from radiograde.model.reading.voi import Range, Window, display_range, read_window, used_span

MIN_CONTRAST = 0.1
MIN_INSIDE = 0.1


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
