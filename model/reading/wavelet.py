"""The reversible 5-3 wavelets of JPEG 2000, T.800 F.4.8: a picture at half of its size."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def low_band(samples: NDArray[Any], halvings: int) -> NDArray[np.int32]:
    """Return (H, W) signed integers so many times halved, as a decoder gives them at that size.

    They are those that the picture was decoded from, digit by digit, where it was not cut to a
    range.
    """
    low = samples.astype(np.int32)
    for _ in range(halvings):
        low = _low_rows(_low_rows(low).T).T  # down first, then across (F.4.2)
    return np.ascontiguousarray(low)


def _low_rows(lines: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return every other line, less what it has of the others; beyond an end lines are mirrored."""
    even, odd = lines[::2], lines[1::2]
    if not len(odd):
        return even
    behind = even[1:] if len(even) > len(odd) else np.concatenate((even[1:], even[-1:]))
    high = odd - (even[: len(odd)] + behind >> 1)
    around = np.concatenate((high[:1], high, high[-1:]))
    low: NDArray[np.int32] = even + (around[: len(even)] + around[1 : 1 + len(even)] + 2 >> 2)
    return low
