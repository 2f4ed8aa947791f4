"""How a codestream of JPEG 2000 is cut into resolutions, precincts and code blocks, T.800 A.6.1."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from radiograde.model.errors import MalformedImageError

COD, COC, QCD = 0xFF52, 0xFF53, 0xFF5C
STYLE_IN = {COD: 12, COC: 9}
"""How far behind its marker a segment holds the style of the code blocks."""

HIGH_THROUGHPUT, BYPASS, EACH_PASS_ENDS, PREDICTABLE_END = 0x40, 0x01, 0x04, 0x10
OWN_PRECINCTS, MARKED_PACKETS = 0x01, 0x06
QUANTISED = 0x1F
USUAL_BLOCK = (6, 6)
"""64 x 64: what is encoded here, and what films have."""

MOST_LEVELS = 32
MOST_PARTS = 200_000
"""Code blocks and precincts: 50 million pixels have 50,000 blocks of 32 x 32."""

MOST_READ = 4_000_000
"""Times that a code block may be asked for in a packet: once for each layer of quality."""


@dataclass(frozen=True, slots=True)
class Coding:
    """A COD or COC segment; sides of precincts and ``block`` are powers of 2, rows first.

    ``style``: of the code blocks, at ``style_at``. ``reversible``: the wavelets are the 5-3 ones.
    ``marked``: packets may have marks around them.
    """

    layers: int
    levels: int
    block: tuple[int, int]
    precincts: bytes
    style: int
    style_at: int
    reversible: bool
    marked: bool

    def check(self, tile: tuple[int, int], tiles: int) -> None:
        """Raise MalformedImageError for more parts than a film has; ``tiles``: of that size."""
        counts = [self._counts(tile, level) for level in range(self.levels + 1)]
        parts = tiles * sum(precincts + blocks for precincts, blocks in counts)
        if parts > MOST_PARTS or parts * self.layers > MOST_READ:
            raise MalformedImageError("The picture has too many parts. Export the film again.")

    def most_empty(self, tile: tuple[int, int]) -> int:
        """Return how many bytes the packets of a component take at the most that hold no code.

        Each has a head, of less than a byte for each block that it does not hold.
        """
        counts = [self._counts(tile, level) for level in range(self.levels + 1)]
        return self.layers * sum(2 * precincts + blocks for precincts, blocks in counts)

    def has_one_precinct(self, tile: tuple[int, int]) -> bool:
        """Return whether no resolution is parted into precincts."""
        return all(self._counts(tile, level)[0] == 1 for level in range(self.levels + 1))

    def _counts(self, tile: tuple[int, int], level: int) -> tuple[int, int]:
        """Return about how many precincts and code blocks a resolution has; 0 is the lowest."""
        size = self.precincts[level] if level < len(self.precincts) else 0xFF
        precincts = blocks = 1
        for side, reach, block in zip(tile, (size >> 4, size & 15), self.block, strict=True):
            shown = -(-side >> (self.levels - level))
            precincts *= -(-shown >> reach)
            blocks *= -(-shown >> min(block, max(0, reach - (level > 0))))
        return precincts, blocks


def coding_at(data: bytes, at: int, layers: int) -> Coding:
    """Return the segment that begins with the marker at a place.

    ``layers``: as said before it, for COC does not say.

    Raises:
        MalformedImageError: it is too short.
    """
    marker, length = struct.unpack_from(">HH", data, at)
    style_at = at + STYLE_IN[marker]
    end = min(at + 2 + length, len(data))
    if style_at + 2 > end:
        raise damaged()
    if marker == COD:
        (layers,) = struct.unpack_from(">H", data, at + 6)
    options = data[at + 4 if marker == COD else at + 5]
    return Coding(
        layers=layers,
        levels=min(data[style_at - 3], MOST_LEVELS),
        block=((data[style_at - 1] & 15) + 2, (data[style_at - 2] & 15) + 2),
        precincts=data[style_at + 2 : end] if options & OWN_PRECINCTS else b"",
        style=data[style_at],
        style_at=style_at,
        reversible=data[style_at + 1] == 1,
        marked=marker == COD and bool(options & MARKED_PACKETS),
    )


def check_exponents(data: bytes, at: int) -> None:
    """Raise MalformedImageError where QCD, which begins at a place, cannot be as it was written.

    Without quantisation the two bands of a level that are high in one direction have the same
    range, and so the same exponent (A.6.4, E.1.1).
    """
    (length,) = struct.unpack_from(">H", data, at + 2)
    exponents = data[at + 5 : at + 2 + length]
    if length > 2 and not data[at + 4] & QUANTISED and exponents[1::3] != exponents[2::3]:
        raise damaged()


def damaged() -> MalformedImageError:
    """Return what is said of a damaged codestream."""
    return MalformedImageError("The compressed pixels are damaged. Send the film again.")
