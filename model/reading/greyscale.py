"""Stored samples to grey in [0, 1]: the DICOM pipeline folded into one table.

Modality LUT (PS3.3 C.11.1), VOI LUT or window (C.11.2), photometric interpretation (C.7.6.3.1.2)
and presentation LUT shape (C.11.6) are worked out for each code, at most 65,536.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde.model.errors import MalformedImageError
from radiograde.model.reading.dicom_frame import Frame, photometric
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.voi import LARGEST_VALUE, Display, choose_display, read_lut

SAMPLED, SAMPLED_OF_MANY = np.s_[::8, ::4], np.s_[::16, ::4]
"""Rows and columns that tell how often each code occurs: of a film, and of one of many rows."""

MANY = 2048

Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """What every code of a frame means; all arrays are indexed by code.

    A code's modality value is ``steps * slope + intercept``: ``steps`` are stored values, or what
    a modality LUT makes of them. ``counts``: roughly how often each code occurs, padding left
    out. ``padding``: which codes are no part of the film.
    """

    steps: NDArray[np.int64]
    slope: float
    intercept: float
    counts: NDArray[np.int64]
    padding: NDArray[np.bool_]

    @property
    def values(self) -> NDArray[np.float64]:
        """Modality values."""
        return self.steps.astype(np.float64) * self.slope + self.intercept


def graded_shades(frame: Frame, header: Header) -> Values:
    """Return the grey of every code that a frame is graded by, float32 in [0, 1].

    0 is air by what the tags say. It is shown as
    :func:`radiograde.model.reading.voi.choose_display` says. Padding becomes 0.
    """
    codes = tabulate(frame, header)
    display = choose_display(codes.values, codes.counts, header)
    return shades_of(codes, display, header)


def tabulate(frame: Frame, header: Header) -> Codes:
    """Return what the codes of a frame mean, before any window.

    Codes of more bits than the header allows and the frame has are left out: 12 bits are the rule,
    and a table of 16 takes longer than reading the film.
    """
    bits = max(frame.bits + frame.shift, frame.highest.bit_length())
    codes = np.arange(1 << bits, dtype=np.int64)
    stored = _stored_values(codes, frame)
    padding = _padding(stored, frame, header)
    sample = frame.codes[SAMPLED_OF_MANY if len(frame.codes) > MANY else SAMPLED]
    counts = np.bincount(sample.ravel(), minlength=codes.size)
    counts[padding] = 0
    return Codes(*_modality(stored, header), counts, padding)


def shades_of(codes: Codes, display: Display, header: Header) -> Values:
    """Return the grey of every code, float32 in [0, 1], 0 = air by what the tags say."""
    table = display.apply(codes.values)
    if is_inverted(header):
        table = 1 - table
    table[codes.padding] = 0
    return table.astype(np.float32)


def is_inverted(header: Header) -> bool:
    """Return True where the lowest value is meant to be white.

    MONOCHROME1 comes with the shape INVERSE (PS3.3 C.8.11.3): the two say it once, not twice.
    """
    shape = header.text("PresentationLUTShape")
    return photometric(header) == "MONOCHROME1" or shape == "INVERSE"


def _stored_values(codes: NDArray[np.int64], frame: Frame) -> NDArray[np.int64]:
    values = (codes >> frame.shift) & ((1 << frame.bits) - 1)
    if frame.signed:
        values = np.where(values >> (frame.bits - 1), values - (1 << frame.bits), values)
    return values


def _padding(stored: NDArray[np.int64], frame: Frame, header: Header) -> NDArray[np.bool_]:
    """Return which codes are padding: one value, or the range up to PixelPaddingRangeLimit."""
    first = header.short("PixelPaddingValue")
    if first is None:
        return np.zeros(stored.shape, dtype=np.bool_)
    last = header.short("PixelPaddingRangeLimit")
    bounds = [first, first if last is None else last]
    if frame.signed:
        bounds = [bound - 0x10000 if bound & 0x8000 else bound for bound in bounds]
    return (stored >= min(bounds)) & (stored <= max(bounds))


def _modality(stored: NDArray[np.int64], header: Header) -> tuple[NDArray[np.int64], float, float]:
    """Return steps, slope and intercept, as in ``Codes``."""
    for item in header.items("ModalityLUTSequence"):
        lut = read_lut(item, signed=bool(stored.min() < 0))
        if lut is not None:
            return lut.apply(stored).astype(np.int64), 1.0, 0.0
    slope = header.number("RescaleSlope") or 1.0
    intercept = header.number("RescaleIntercept") or 0.0
    if not abs(slope) + abs(intercept) < LARGEST_VALUE or abs(slope) < 1 / LARGEST_VALUE:
        raise MalformedImageError(
            "The rescale slope or intercept is absurd. Export the film again."
        )
    return stored, slope, intercept
