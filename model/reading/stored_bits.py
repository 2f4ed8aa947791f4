"""Which bits of a sample are the pixel, PS3.5 section 8.1.1, and where the header is not believed.

What lies above Bits Stored is no pixel. Some writers understate Bits Stored, or call two's
complement unsigned. The picture decides: neighbours are alike, so of two readings the right one
has the smaller steps where the two part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.dicom_header import Header

LONGEST = 512
"""Rows and columns of the middle of the film that are looked at, each beside its neighbour."""

MOSTLY = 0.9
LEAST_SHARE = 0.02
LEAST_SPREAD = 0.04


def stored_bits(
    codes: NDArray[Any], header: Header, highest: int, *, in_cells: bool
) -> tuple[int, int, bool]:
    """Return how many bits count, how far above the lowest they lie, and whether they are signed.

    A HighBit that contradicts BitsStored or the samples is ignored. ``highest``: the largest code.
    ``in_cells``: the samples lie in cells of BitsAllocated, where HighBit has a meaning.
    """
    allocated = codes.dtype.itemsize * 8
    stored = min(header.short("BitsStored") or allocated, allocated)
    signed = header.short("PixelRepresentation") == 1
    needed = highest.bit_length()
    high = header.short("HighBit") or stored - 1
    if in_cells and stored - 1 < high < allocated and needed > stored:
        return stored, high + 1 - stored, signed
    if needed > stored and not signed and _runs_on(codes, stored):
        return needed, 0, False
    if not signed and needed >= stored:
        signed = _is_signed(codes, stored)
    return stored, 0, signed


def _runs_on(codes: NDArray[Any], stored: int) -> bool:
    """Return whether the values run on across 2^stored: BitsStored is then understated."""
    low = codes & ((1 << stored) - 1)
    whole_steps, low_steps = _steps(codes), _steps(low)
    part = whole_steps != low_steps
    if not part.any():
        return False
    return bool((np.abs(whole_steps[part]) < np.abs(low_steps[part])).mean() > 0.5)


def _is_signed(codes: NDArray[Any], stored: int) -> bool:
    """Return whether unsigned codes are two's complement in truth.

    White beside black is no proof: what would be negative must be a part of the picture, with
    greys of its own.
    """
    half = 1 << (stored - 1)
    unsigned = _middle(codes) & ((1 << stored) - 1)
    negative = unsigned >= half
    share = np.count_nonzero(negative) / negative.size
    if not LEAST_SHARE < share < 1 - LEAST_SHARE or not _wraps(unsigned, negative, half):
        return False
    values = unsigned.astype(np.int64)
    true = np.where(negative, values - 2 * half, values)
    low, high = np.percentile(true, (1, 99))
    below = true[negative]
    spread = min(below.std(), true[~negative].std())
    if high <= low or spread < LEAST_SPREAD * (high - low) or high - low > 1.9 * half:
        return _fills_both_halves(values, half)
    return True


def _fills_both_halves(values: NDArray[np.int64], half: int) -> bool:
    """Return whether a full range of values is used on both sides of its middle."""
    spread = min(values[values >= half].std(), values[values < half].std())
    return bool(spread > 2 * LEAST_SPREAD * half)


def _wraps(values: NDArray[Any], negative: NDArray[np.bool_], half: int) -> bool:
    """Return whether neighbours on both sides of ``half`` are nearly always far apart."""
    columns = values.shape[1]
    flat, below = values.ravel(), negative.ravel()
    parted = far = 0
    for apart in (1, columns):
        at = np.flatnonzero(below[apart:] != below[:-apart])
        if apart == 1:  # the last of a row is beside nothing
            at = at[(at + 1) % columns != 0]
        steps = flat[at + apart].astype(np.int64) - flat[at]
        parted += steps.size
        far += int(np.count_nonzero(np.abs(steps) > half))
    return parted > 0 and far > MOSTLY * parted


def _steps(codes: NDArray[Any]) -> NDArray[np.int64]:
    middle = _middle(codes).astype(np.int64)
    return np.concatenate([np.diff(middle, axis=axis).ravel() for axis in (0, 1)])


def _middle(codes: NDArray[Any]) -> NDArray[Any]:
    """Return runs of whole neighbours from all over the film: blocks of it, about 512 x 512."""
    rows, columns = codes.shape
    if max(rows, columns) <= 2 * LONGEST:
        return codes
    top, left = max(0, (rows - LONGEST) // 2), max(0, (columns - LONGEST) // 2)
    return codes[top : top + LONGEST, left : left + LONGEST]
