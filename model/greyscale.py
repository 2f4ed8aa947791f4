"""Stored samples to grey in [0, 1]: the DICOM pipeline folded into one table.

Modality LUT (PS3.3 C.11.1), VOI LUT or window (C.11.2), photometric interpretation (C.7.6.3.1.2)
and presentation LUT shape (C.11.6) are worked out for each possible code, at most 65,536, and
looked up once per pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.dicom_frame import Frame, photometric
from model.dicom_header import Header
from model.lut import read_lut
from model.window import display_range, read_window

SAMPLE_STRIDE = 4
MIN_CONTRAST = 0.1
MIN_INSIDE = 0.1

Values = NDArray[np.float32]


def to_grey(frame: Frame, header: Header) -> Values:
    """Return (H, W) float32 in [0, 1], 0 = air by what the tags say.

    A VOI LUT comes before a window, the first of several is taken. Without either, or with a
    window that shows nothing, the range of the real pixels is stretched. Padding becomes 0.
    """
    codes = np.arange(2 ** (8 * frame.codes.dtype.itemsize), dtype=np.int64)
    stored = _stored_values(codes, frame)
    padding = _padding(stored, frame, header)
    sample = frame.codes[::SAMPLE_STRIDE, ::SAMPLE_STRIDE]
    counts = np.bincount(sample.ravel(), minlength=codes.size)
    counts[padding] = 0
    table = _display(_modality(stored, header), counts, header)
    if is_inverted(header):
        table = 1 - table
    table[padding] = 0
    return np.take(table.astype(np.float32), frame.codes)


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


def _modality(stored: NDArray[np.int64], header: Header) -> NDArray[np.float64]:
    for item in header.items("ModalityLUTSequence"):
        lut = read_lut(item, signed=bool(stored.min() < 0))
        if lut is not None:
            return lut.apply(stored)
    slope = header.number("RescaleSlope") or 1.0
    intercept = header.number("RescaleIntercept") or 0.0
    return stored.astype(np.float64) * slope + intercept


def _display(
    values: NDArray[np.float64], counts: NDArray[np.int64], header: Header
) -> NDArray[Any]:
    for item in header.items("VOILUTSequence"):
        lut = read_lut(item, signed=bool(values.min() < 0))
        if lut is not None:
            return lut.apply(np.rint(values).astype(np.int64)) / lut.highest
    window = read_window(header)
    if window is not None:
        shown = window.apply(values)
        if _shows_the_film(shown, counts):
            return shown
    low, high = display_range(values, counts)
    return np.clip((values - low) / (high - low), 0, 1)


def _shows_the_film(shown: NDArray[np.float64], counts: NDArray[np.int64]) -> bool:
    """Return False for a window beside the data, or one so wide that all looks the same."""
    low, high = display_range(shown, counts)
    inside = counts[(shown > 0) & (shown < 1)].sum()
    return bool(high - low > MIN_CONTRAST and inside > MIN_INSIDE * counts.sum())
