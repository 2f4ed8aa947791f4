"""The code blocks of a JPEG 2000 codestream, out of its packets, T.800 annex B."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from radiograde.model.reading.jpeg_2000_coding import Coding, damaged
from radiograde.model.reading.jpeg_2000_stream import Jpeg2000Stream

ORIGINS, ORIGIN_BYTES = (16, 32), 8
"""Where SIZ says that picture and tiles begin, A.5.1."""

PACKED_HEADS = (b"\xff\x60", b"\xff\x61")
FIRST_LENGTH_BITS = 3
MOST_PASSES = 3
"""Cleanup, significance propagation, refinement: one set of passes (T.814)."""

Grid = tuple[int, int]


def code_blocks(stream: Jpeg2000Stream) -> list[bytes] | None:
    """Return the code of each block coded in high throughput, resolution by resolution.

    None where blocks do not simply follow each other: several tiles, layers, components or
    precincts, marks around packets, more passes than those of one set.

    Raises:
        MalformedImageError: the packets do not fill the code.
    """
    if not is_simple(stream):
        return None
    code = b"".join(stream.content[part.start : part.stop] for part in stream.parts)
    blocks: list[bytes] = []
    at = 0
    for grids in resolutions(stream.codings[0], (stream.rows, stream.columns)):
        head = PacketHead(code, at)
        try:
            lengths = [length for grid in grids for length in head.lengths(grid)]
        except IndexError:
            raise damaged() from None
        except _MorePassesError:
            return None
        at = head.end
        for length in lengths:
            blocks.append(code[at : at + length])
            at += length
    if at != len(code):
        raise damaged()
    return blocks


def is_simple(stream: Jpeg2000Stream) -> bool:
    """Return whether there is one packet for each resolution, of one component from 0 on."""
    if not stream.parts or stream.samples != 1 or len(stream.codings) != 1:
        return False
    coding = stream.codings[0]
    head = stream.content[: stream.parts[0].start]
    if any(any(head[at : at + ORIGIN_BYTES]) for at in ORIGINS) or coding.marked:
        return False
    if any(marker in head for marker in PACKED_HEADS):
        return False
    return coding.layers == 1 and coding.has_one_precinct((stream.rows, stream.columns))


def resolutions(coding: Coding, size: Grid) -> Iterator[list[Grid]]:
    """Yield how many rows and columns of blocks each band has, the lowest resolution first."""
    for level in range(coding.levels + 1):
        rows, columns = (-(-side >> (coding.levels - level)) for side in size)
        low, high = (-(-rows // 2), -(-columns // 2)), (rows // 2, columns // 2)
        bands = [(low[0], high[1]), (high[0], low[1]), high] if level else [(rows, columns)]
        yield [(-(-band[0] >> coding.block[0]), -(-band[1] >> coding.block[1])) for band in bands]


class _MorePassesError(Exception):
    """A block has more passes than those of one set."""


class PacketHead:
    """The head of one packet, B.10; bits are stuffed behind a byte of ones."""

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

        Raises IndexError where the code ends before, _MorePassesError for a block of other passes.
        """
        included, planes = _Tree(grid), _Tree(grid)
        for place in np.ndindex(grid):
            if self._filled and included.value(place, self._bit, most=0) == 0:
                planes.value(place, self._bit)
                yield self._length(self._passes())

    def _length(self, passes: int) -> int:
        """Return the bytes of a cleanup pass, and of those that refine it (T.814 7.2)."""
        bits = self._length_bits()
        length = self._number(bits)
        return length if passes == 1 else length + self._number(bits + passes - 2)

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
        if self._number(2):
            raise _MorePassesError
        return MOST_PASSES

    def _number(self, bits: int) -> int:
        value = 0
        for _ in range(bits):
            value = value << 1 | self._bit()
        return value

    def _bit(self) -> int:
        if not self._left:
            self._left = 7 if self._byte == 0xFF else 8
            self._byte = self._code[self._at]
            self._at += 1
        self._left -= 1
        return self._byte >> self._left & 1


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
