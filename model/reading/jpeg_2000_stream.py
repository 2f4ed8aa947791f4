"""The codestream of JPEG 2000 and its parts, T.800 annexes A and I, before it is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from radiograde.model.errors import MalformedImageError, TruncatedError

JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "
CODESTREAM_BOX = b"jp2c"
START_OF_CODESTREAM = b"\xff\x4f\xff\x51"
COD, COC, SOT, SOD, EOC = 0xFF52, 0xFF53, 0xFF90, 0xFF93, 0xFFD9
MOST_TILES = 4096
LEAST_PRECINCT = 5
"""Smaller precincts than 32 x 32 would take more memory than the picture."""


@dataclass(frozen=True, slots=True)
class Jpeg2000Stream:
    """``content`` is one codestream, from SOC to EOC, out of its boxes."""

    content: bytes
    rows: int
    columns: int
    samples: int
    signed: bool


def jpeg_2000_stream(data: bytes) -> Jpeg2000Stream | None:
    """Return the codestream; None where none begins. What lies behind its end is left alone.

    Raises:
        TruncatedError: it ends before its tiles do, or without its end mark.
        MalformedImageError: its tiles are not where it says, or more than a film needs.
    """
    codestream = data
    if data.startswith(JP2_SIGNATURE):
        codestream = _boxed(data)
    if codestream[:4] != START_OF_CODESTREAM or len(codestream) < 45:
        return None
    right, bottom, left, top, tile_width, tile_height = struct.unpack_from(">6I", codestream, 8)
    (samples,) = struct.unpack_from(">H", codestream, 40)
    rows, columns = bottom - top, right - left
    if not tile_width or not tile_height:
        raise _damaged()
    if -(-right // tile_width) * -(-bottom // tile_height) > MOST_TILES:
        raise MalformedImageError("The picture has too many tiles. Export the film again.")
    end = _end(codestream)
    signed = bool(codestream[42] & 0x80)
    return Jpeg2000Stream(codestream[:end], rows, columns, samples, signed)


def _boxed(data: bytes) -> bytes:
    """Return the content of the first codestream box, T.800 I.5.4."""
    at = 0
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == 1 and at + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        end = len(data) if length == 0 else at + length
        if kind == CODESTREAM_BOX:
            return data[at + head : end]
        if length and length < head:
            break
        at = end
    raise _damaged()


def _end(data: bytes) -> int:
    """Return where the codestream ends, its tile parts followed by their lengths."""
    at = _behind_header(data, 2, SOT)
    while True:
        if at + 2 > len(data):
            raise _truncated()
        (marker,) = struct.unpack_from(">H", data, at)
        if marker == EOC:
            return at + 2
        if marker != SOT:
            raise _damaged()
        if at + 12 > len(data):
            raise _truncated()
        (length,) = struct.unpack_from(">I", data, at + 6)
        body = _behind_header(data, at + 12, SOD) + 2
        if length == 0:
            # The last tile part reaches to the end mark.
            end = data.rfind(b"\xff\xd9")
            if end < body:
                raise _truncated()
            return end + 2
        if at + length < body:
            raise _damaged()
        at += length


def _behind_header(data: bytes, at: int, last: int) -> int:
    """Return where the marker ``last`` stands that ends a header."""
    while at + 4 <= len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == last:
            return at
        if marker < 0xFF30 or length < 2:
            raise _damaged()
        if marker in (COD, COC):
            _check_precincts(data, at, marker)
        at += 2 + length
    raise _truncated()


def _check_precincts(data: bytes, at: int, marker: int) -> None:
    body = data[at + 4 : at + 2 + struct.unpack_from(">H", data, at + 2)[0]]
    style = body[0] if marker == COD else body[1]
    exponents = body[10:] if marker == COD else body[7:]
    # The first is of the lowest resolution, which may be small.
    if style & 1 and any(min(size & 15, size >> 4) < LEAST_PRECINCT for size in exponents[1:]):
        raise MalformedImageError("The picture has too many precincts. Export the film again.")


def _truncated() -> TruncatedError:
    return TruncatedError("The JPEG 2000 stream ends too early. Send the film again.")


def _damaged() -> MalformedImageError:
    return MalformedImageError("The compressed pixels are damaged. Send the film again.")
