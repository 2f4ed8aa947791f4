"""The code blocks of a JPEG 2000 codestream, out of its packets, T.800 annex B."""

from __future__ import annotations

from collections.abc import Iterator

from radiograde.model.reading.jpeg_2000_coding import (
    BYPASS,
    EACH_PASS_ENDS,
    Coding,
    damaged,
)
from radiograde.model.reading.jpeg_2000_stream import Jpeg2000Stream
from radiograde.model.reading.packet_head import (
    Grid,
    HighThroughputHead,
    MorePassesError,
    PacketHead,
)

ORIGINS, ORIGIN_BYTES = (16, 32), 8
"""Where SIZ says that picture and tiles begin, A.5.1."""

PACKED_HEADS = (b"\xff\x60", b"\xff\x61")


def code_blocks(stream: Jpeg2000Stream) -> list[bytes] | None:
    """Return the code of each block, resolution by resolution.

    None where blocks do not simply follow each other: several tiles, layers, components or
    precincts, marks around packets, blocks in pieces.

    Raises:
        MalformedImageError: the packets do not fill the code.
    """
    if not is_simple(stream) or stream.codings[0].style & (BYPASS | EACH_PASS_ENDS):
        return None
    kind = HighThroughputHead if stream.high_throughput else PacketHead
    code = b"".join(stream.content[part.start : part.stop] for part in stream.parts)
    blocks: list[bytes] = []
    at = 0
    for grids in resolutions(stream.codings[0], (stream.rows, stream.columns)):
        head = kind(code, at)
        try:
            lengths = [length for grid in grids for length in head.lengths(grid)]
        except IndexError:
            raise damaged() from None
        except MorePassesError:
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
