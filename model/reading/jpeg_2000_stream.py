"""The codestream of JPEG 2000 and its parts, T.800 annexes A and I, before it is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from radiograde.model.errors import MalformedImageError, TruncatedError
from radiograde.model.reading.jpeg_2000_coding import (
    BYPASS,
    EACH_PASS_ENDS,
    HIGH_THROUGHPUT,
    PREDICTABLE_END,
    QCD,
    STYLE_IN,
    Coding,
    check_exponents,
    coding_at,
    damaged,
)

JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "
CODESTREAM_BOX = b"jp2c"
START_OF_CODESTREAM = b"\xff\x4f\xff\x51"
SOT, SOD, EOC = 0xFF90, 0xFF93, 0xFFD9
PRECISION_AT = 42
SIGNED = 0x80
WIDER_BITS = 2
"""Of samples that are not yet brought into their range."""

MOST_TILES = 4096
MOST_SEGMENTS = 20_000


@dataclass(frozen=True, slots=True)
class Jpeg2000Stream:
    """``content`` is one codestream, from SOC to EOC, out of its boxes.

    ``codings``: what it says of its parts. ``parts``: where the code of its only tile lies, and
    ``length_at`` where the length of the last of them is; none where there are several tiles.
    """

    content: bytes
    rows: int
    columns: int
    samples: int
    codings: tuple[Coding, ...]
    parts: tuple[range, ...]
    length_at: int

    @property
    def precision(self) -> int:
        """The bits of a sample of the first component, A.5.1."""
        return (self.content[PRECISION_AT] & 0x7F) + 1

    @property
    def signed(self) -> bool:
        """Whether the samples of the first component are signed."""
        return self.content[PRECISION_AT] > 0x7F

    @property
    def high_throughput(self) -> bool:
        """Whether code blocks are coded as T.814 has it."""
        return any(coding.style & HIGH_THROUGHPUT for coding in self.codings)

    def unlimited(self) -> Jpeg2000Stream:
        """Return the codestream as of signed samples of more bits.

        They are decoded to integers around 0, which are not yet brought into their range.
        """
        content = bytearray(self.content)
        content[PRECISION_AT] = SIGNED | (self.precision + WIDER_BITS - 1)
        return replace(self, content=bytes(content))

    def with_checked_ends(self) -> bytes:
        """Return the codestream, which asks that the end of each code block be checked.

        A decoder then says which blocks it did not use up, or which end too early (T.800
        D.4.2, predictable termination); what it decodes is the same. Blocks that are coded in
        high throughput, in part raw, or in pieces are left as they are.
        """
        content = bytearray(self.content)
        for coding in self.codings:
            if not coding.style & (HIGH_THROUGHPUT | BYPASS | EACH_PASS_ENDS):
                content[coding.style_at] |= PREDICTABLE_END
        return bytes(content)

    def without_end(self) -> bytes | None:
        """Return the codestream without the last of its code, which nothing can be decoded of.

        It is cut before whatever may stand for packets that hold nothing. None where the code
        may be shorter than that, or the packets have marks of their own.
        """
        if not self.parts or any(coding.marked for coding in self.codings):
            return None
        last = self.parts[-1]
        code = self.content[last.start : last.stop]
        size = (self.rows, self.columns)
        empty = sum(coding.most_empty(size) for coding in self.codings)
        kept = len(code.rstrip(b"\0")) - 1 - empty * self.samples
        if kept < 1:
            return None
        end = last.start + kept
        content = bytearray(self.content[:end] + self.content[last.stop :])
        (length,) = struct.unpack_from(">I", content, self.length_at)
        if length:
            struct.pack_into(">I", content, self.length_at, length - len(code) + kept)
        return bytes(content)


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
    if not tile_width or not tile_height or rows < 1 or columns < 1:
        raise damaged()
    tiles = -(-right // tile_width) * -(-bottom // tile_height)
    if tiles > MOST_TILES:
        raise MalformedImageError("The picture has too many tiles. Export the film again.")
    segments = _Segments(codestream)
    end = segments.end()
    tile = (min(rows, tile_height), min(columns, tile_width))
    for coding in segments.codings:
        coding.check(tile, tiles * samples)
    parts = tuple(segments.parts) if tiles == 1 else ()
    codings = tuple(segments.codings)
    content = codestream[:end]
    return Jpeg2000Stream(content, rows, columns, samples, codings, parts, segments.last_length)


def _boxed(data: bytes) -> bytes:
    """Return the content of the first codestream box, T.800 I.5.4."""
    at = 0
    for _ in range(MOST_SEGMENTS):
        if at + 8 > len(data):
            break
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
    raise damaged()


class _Segments:
    """Follows the marker segments of a codestream, tile part by tile part."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MOST_SEGMENTS
        self.codings: list[Coding] = []
        self.parts: list[range] = []
        self.last_length = 0

    def end(self) -> int:
        """Return where the codestream ends, its tile parts followed by their lengths."""
        data = self._data
        at = self._behind_header(2, SOT)
        while True:
            if at + 2 > len(data):
                raise _truncated()
            (marker,) = struct.unpack_from(">H", data, at)
            if marker == EOC:
                return at + 2
            if marker != SOT:
                raise damaged()
            if at + 12 > len(data):
                raise _truncated()
            (length,) = struct.unpack_from(">I", data, at + 6)
            body = self._behind_header(at + 12, SOD) + 2
            self.last_length = at + 6
            if length == 0:
                # The last tile part reaches to the end mark.
                end = data.rfind(b"\xff\xd9")
                if end < body:
                    raise _truncated()
                self.parts.append(range(body, end))
                return end + 2
            if at + length < body:
                raise damaged()
            self.parts.append(range(body, at + length))
            at += length

    def _behind_header(self, at: int, last: int) -> int:
        """Return where the marker ``last`` stands that ends a header."""
        while at + 4 <= len(self._data):
            self._left -= 1
            marker, length = struct.unpack_from(">HH", self._data, at)
            if marker == last:
                return at
            if marker < 0xFF30 or length < 2 or self._left < 0:
                raise damaged()
            if marker == QCD:
                check_exponents(self._data, at)
            if marker in STYLE_IN:
                before = self.codings[-1].layers if self.codings else 1
                self.codings.append(coding_at(self._data, at, before))
            at += 2 + length
        raise _truncated()


def _truncated() -> TruncatedError:
    return TruncatedError("The JPEG 2000 stream ends too early. Send the film again.")
