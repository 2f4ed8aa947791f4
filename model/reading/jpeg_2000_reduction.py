"""A codestream of JPEG 2000 without its highest resolutions, T.800 B.5 and annex B.

A picture is coded as a small one and, resolution by resolution, what doubles its size. Where the
packets of the highest come last, the codestream that ends before them is that of the smaller
picture: of its size, with fewer decompositions.
"""

from __future__ import annotations

import struct
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.errors import MalformedImageError
from radiograde.model.reading.code_blocks import is_simple, resolutions
from radiograde.model.reading.jpeg_2000_coding import (
    BYPASS,
    COD,
    EACH_PASS_ENDS,
    HIGH_THROUGHPUT,
    QCD,
    Coding,
)
from radiograde.model.reading.jpeg_2000_stream import SOT, Jpeg2000Stream, jpeg_2000_stream
from radiograde.model.reading.packet_head import PacketHead

SIZ, COM = 0xFF51, 0xFF64
BY_RESOLUTION = range(3)
"""Progressions whose single layer lies resolution by resolution: LRCP, RLCP, RPCL (A.16)."""

BYTES_A_BAND = {0: 1, 2: 2}
"""Of QCD by its style: no quantisation, a step for each band; style 1 has one for all (A.28)."""

BEHIND_SOT = 14


def reduced(stream: Jpeg2000Stream, least: int) -> Jpeg2000Stream | None:
    """Return the codestream at 1/2, 1/4, ... of its size, the longer side not below ``least``.

    None where there is none: the picture is small, or its packets are not laid out resolution by
    resolution, as they are in nearly all films. What follows its own packets is not looked at.
    """
    coding = stream.codings[0]
    halvings = min(coding.levels, (max(stream.rows, stream.columns) // least).bit_length() - 1)
    if halvings < 1 or not _ends_with_highest(stream, coding):
        return None
    try:
        end = _end_of_packets(stream, coding.levels + 1 - halvings)
        return jpeg_2000_stream(_without(stream, halvings, end))
    except (MalformedImageError, IndexError):
        return None


def fills_its_code(stream: Jpeg2000Stream) -> bool:
    """Return whether the packets of a codestream that was reduced end where its code does."""
    try:
        return _end_of_packets(stream, stream.codings[0].levels + 1) == stream.parts[0].stop
    except IndexError:
        return False


def centred(samples: NDArray[Any], halvings: int) -> NDArray[Any]:
    """Return the samples of a reduced codestream as the means of the boxes that they stand for.

    A sample lies where the first pixel of its box does, not in its middle, and what has no higher
    resolutions runs in straight lines between samples (the 5-3 synthesis, F.3.8.2): so the mean of
    the box lies on the line to the next sample.
    """
    whole, share = 2 << halvings, (1 << halvings) - 1
    highest = int(samples.max()) * whole + whole // 2
    means: NDArray[Any] = samples.astype(np.uint16 if highest < 1 << 16 else np.uint32)
    for ahead, behind in (np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1]):
        next_ones = share * means[ahead]
        inner = means[behind]
        inner *= whole - share
        inner += next_ones
        inner += whole // 2
        inner >>= halvings + 1
    return means.astype(samples.dtype, copy=False)


def _ends_with_highest(stream: Jpeg2000Stream, coding: Coding) -> bool:
    in_pieces = HIGH_THROUGHPUT | BYPASS | EACH_PASS_ENDS
    progression = stream.content[coding.style_at - 7]
    return (
        is_simple(stream)
        and len(stream.parts) == 1
        and not coding.style & in_pieces
        and progression in BY_RESOLUTION
    )


def _end_of_packets(stream: Jpeg2000Stream, count: int) -> int:
    """Return where the packets of so many resolutions end, the lowest first.

    Raises IndexError where the code ends before the heads of these packets.
    """
    content, at = stream.content, stream.parts[0].start
    grids_of = resolutions(stream.codings[0], (stream.rows, stream.columns))
    for grids in islice(grids_of, count):
        head = PacketHead(content, at)
        length = sum(sum(head.lengths(grid)) for grid in grids)
        at = head.end + length
    return at


def _without(stream: Jpeg2000Stream, halvings: int, end: int) -> bytes:
    """Return the codestream up to ``end`` as that of a picture so many times halved."""
    content, code_at = stream.content, stream.parts[0].start
    head = bytearray(content[:2])
    at = 2
    while (marker := int.from_bytes(content[at : at + 2])) != SOT:
        (length,) = struct.unpack_from(">H", content, at + 2)
        segment = bytearray(content[at : at + 2 + length])
        if marker == SIZ:
            _halve(segment, halvings)
        elif marker == COD:
            segment[9] -= halvings
        elif marker == QCD:
            segment = _of_fewer_bands(segment, 3 * halvings)
        elif marker != COM:
            raise MalformedImageError("A codestream of other segments is read whole.")
        head += segment
        at += 2 + length
    part = bytearray(content[at:end])
    if code_at - at != BEHIND_SOT:
        raise MalformedImageError("A codestream of other segments is read whole.")
    struct.pack_into(">I", part, 6, len(part))
    return bytes(head + part) + b"\xff\xd9"


def _halve(siz: bytearray, halvings: int) -> None:
    """Change the size of picture and tile, which both begin at 0."""
    for place in (6, 22):
        for side in (place, place + 4):
            (size,) = struct.unpack_from(">I", siz, side)
            struct.pack_into(">I", siz, side, -(-size >> halvings))


def _of_fewer_bands(qcd: bytearray, bands: int) -> bytearray:
    less = bands * BYTES_A_BAND.get(qcd[4] & 31, 0)
    shorter = qcd[: len(qcd) - less]
    struct.pack_into(">H", shorter, 2, len(shorter) - 2)
    return shorter
