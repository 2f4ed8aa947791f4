"""The heads of packets of JPEG 2000, which say how long each code block is, T.800 B.10."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

FIRST_LENGTH_BITS = 3
MOST_PASSES = 3
"""Cleanup, significance propagation, refinement: one set of passes (T.814)."""

Grid = tuple[int, int]


class MorePassesError(Exception):
    """A block in high throughput has more passes than those of one set."""


class PacketHead:
    """The head of one packet of blocks that are coded arithmetically, as one piece of code each.

    Bits are stuffed behind a byte of ones.
    """

    def __init__(self, code: bytes, at: int) -> None:
        self._code, self._at = code, at
        self._byte = self._left = 0
        self._filled = self._bit() == 1

    @property
    def end(self) -> int:
        """Where the head ends, once all of it is read."""
        return self._at + (self._byte == 0xFF)

    def lengths(self, grid: Grid) -> Iterator[int]:
        """Yield the length of each block of a band that the packet holds.

        Raises IndexError where the code ends before.
        """
        included, planes = _Tree(grid), _Tree(grid)
        for place in np.ndindex(grid):
            if self._filled and included.value(place, self._bit, most=0) == 0:
                planes.value(place, self._bit)
                yield self._length(self._passes())

    def _length(self, passes: int) -> int:
        """Return the bytes of a block, B.10.7.1."""
        return self._number(self._length_bits() + passes.bit_length() - 1)

    def _length_bits(self) -> int:
        bits = FIRST_LENGTH_BITS
        while self._bit():
            bits += 1
        return bits

    def _passes(self) -> int:
        """Return the number of passes, B.10.6."""
        if not self._bit():
            return 1
        if not self._bit():
            return 2
        for least, bits in ((3, 2), (6, 5)):
            more = self._number(bits)
            if more < (1 << bits) - 1:
                return least + more
        return 37 + self._number(7)

    def _number(self, bits: int) -> int:
        value = 0
        while bits:
            if not self._left:
                self._next_byte()
            taken = min(bits, self._left)
            self._left -= taken
            bits -= taken
            value = value << taken | self._byte >> self._left & (1 << taken) - 1
        return value

    def _bit(self) -> int:
        if not self._left:
            self._next_byte()
        self._left -= 1
        return self._byte >> self._left & 1

    def _next_byte(self) -> None:
        self._left = 7 if self._byte == 0xFF else 8
        self._byte = self._code[self._at]
        self._at += 1


class HighThroughputHead(PacketHead):
    """The head of one packet of blocks in high throughput."""

    def _length(self, passes: int) -> int:
        """Return the bytes of a cleanup pass, and of those that refine it (T.814 7.2)."""
        bits = self._length_bits()
        length = self._number(bits)
        return length if passes == 1 else length + self._number(bits + passes - 2)

    def _passes(self) -> int:
        """Return the number of passes; raises MorePassesError for more than those of one set."""
        passes = super()._passes()
        if passes > MOST_PASSES:
            raise MorePassesError
        return passes


class _Tree:
    """A tag tree, B.10.2: each value is coded as what it exceeds the least of its four by."""

    def __init__(self, grid: Grid) -> None:
        self._above = _Tree((-(-grid[0] // 2), -(-grid[1] // 2))) if max(grid) > 1 else None
        self._values: dict[Grid, int] = {}

    def value(self, place: Grid, bit: Callable[[], int], most: int | None = None) -> int:
        """Return the value at a place; one above ``most`` is only known to be so."""
        if place not in self._values:
            above = self._above
            half = (place[0] // 2, place[1] // 2)
            value = 0 if above is None else above.value(half, bit, most)
            while (most is None or value <= most) and not bit():
                value += 1
            self._values[place] = value
        return self._values[place]
