"""Lookup tables of a data set: LUT Descriptor and LUT Data, PS3.3 section C.11.1.1.1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde.model.reading.dicom_header import Header


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
    """Return the item's table; None if it is absent, shorter than declared, or flat.

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
    highest = float(max(2 ** min(max(bits, 1), 16) - 1, entries.max()))
    return Lut(entries, first, highest)


def _entries(item: Header, count: int) -> NDArray[np.float64] | None:
    """Return the table's entries: one 16-bit word each, or one byte each where only that fits."""
    words = item.shorts("LUTData")
    if len(words) >= count:
        return np.array(words[:count], dtype=np.float64)
    raw = item.raw("LUTData") or b""
    if len(raw) >= count:
        return np.frombuffer(raw, np.uint8, count).astype(np.float64)
    return None
