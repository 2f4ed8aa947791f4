"""The parts of a JPEG or JPEG-LS stream, T.81 annex B and T.87 annex C, before it is decoded.

libjpeg fills up what is missing and warns where nobody hears it. Whether it used the stream up to
its end mark is seen from outside: with rows added and other bytes behind the code, the film's own
rows must stay as they are, and the first of the added ones must not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.errors import MalformedImageError, TruncatedError

START_OF_IMAGE = b"\xff\xd8"
EOI, SOS, DRI = 0xD9, 0xDA, 0xDD
LOSSLESS, JPEG_LS = 0xC3, 0xF7
FRAMES = frozenset({0xC0, 0xC1, LOSSLESS, JPEG_LS})
"""Baseline, extended, lossless and JPEG-LS; DICOM knows no progressive frames (PS3.5 8.2)."""

OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - FRAMES - {0xC4, 0xC8, 0xCC}
RESTARTS = range(0xD0, 0xD8)
BLOCK = 8
TAILS = (bytes(range(1, 129, 3)) * 4, bytes(range(254, 126, -3)) * 4)
NEAR_SAMPLES, NEAR_BLOCKS = 24, 1
"""How far behind the film's end the padding of the last byte may reach."""

Decoder = Callable[[bytes], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class JpegStream:
    """``content`` up to the end mark; ``code_ends``: where each piece of entropy code ends."""

    content: bytes
    kind: int
    height_at: int
    rows: int
    columns: int
    samples: int
    unit: tuple[int, int]
    code_ends: tuple[int, ...]
    code_bytes: int
    restarts: bool

    def check_code(self) -> None:
        """Raise TruncatedError for less code than the least that the picture can take."""
        height, width = self.unit
        pieces = -(-self.rows // height) * -(-self.columns // width) * self.samples
        if self.kind != JPEG_LS and self.code_bytes * 8 < pieces:
            raise _truncated()

    def decoded_whole(self, decode: Decoder) -> NDArray[Any]:
        """Return the samples of Huffman-coded JPEG, which use the code up to its end.

        Raises:
            TruncatedError: the code ends before the picture does.
            MalformedImageError: the picture ends before the code does.
        """
        height, width = self.unit
        whole = -(-self.rows // height) * height
        one, other = (decode(self._extended(whole + height, tail)) for tail in TAILS)
        # Chroma of two rows is drawn from the row below, too.
        judged = whole if self.samples == 1 else whole - 2
        if not np.array_equal(one[:judged], other[:judged]):
            raise _truncated()
        differs = (one[whole:] != other[whole:]).reshape(height, self.columns, -1).any(axis=(0, 2))
        near = NEAR_SAMPLES if self.kind == LOSSLESS else NEAR_BLOCKS * width
        if not self.restarts and not differs[:near].any():
            raise MalformedImageError("The compressed pixels are damaged. Send the film again.")
        return one[: self.rows] if self.samples == 1 else decode(self.content)

    def _extended(self, rows: int, tail: bytes) -> bytes:
        if rows > 0xFFFF:
            raise MalformedImageError("The picture has too many rows. Export the film again.")
        pieces, at = [], 0
        for end in self.code_ends:
            pieces += [self.content[at:end], tail]
            at = end
        pieces.append(self.content[at:])
        stream = bytearray(b"".join(pieces))
        struct.pack_into(">H", stream, self.height_at, rows)
        return bytes(stream)


def jpeg_stream(data: bytes) -> JpegStream | None:
    """Return the first stream's parts; None where no JPEG frame begins, or another kind of it.

    What lies behind the end mark is left alone.

    Raises:
        TruncatedError: there is no end mark.
        MalformedImageError: the markers are damaged, or more than a picture needs.
    """
    if data[:2] != START_OF_IMAGE:
        return None
    at, frame, scans, restarts = 2, None, 0, False
    code_ends: list[int] = []
    code_bytes = 0
    while True:
        at, marker = _marker_at(data, at)
        if marker == EOI:
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in OTHER_FRAMES or (marker in FRAMES and frame is not None):
            return None
        if marker in FRAMES:
            frame = at
        restarts |= marker == DRI and any(data[at + 4 : at + 6])
        start = at = at + 2 + length
        if marker == SOS:
            scans += 1
            if frame is None or scans > max(1, data[frame + 9]):
                return None
            ends = _code_ends(data, at, data[frame + 1])
            code_ends += ends
            at = ends[-1]
            code_bytes += at - start
    if frame is None or not scans:
        return None
    return _stream(data[: at + 2], frame, tuple(code_ends), code_bytes, restarts=restarts)


def _stream(
    content: bytes, frame: int, code_ends: tuple[int, ...], code_bytes: int, *, restarts: bool
) -> JpegStream:
    kind = content[frame + 1]
    rows, columns, samples = struct.unpack_from(">HHB", content, frame + 5)
    factors = content[frame + 11 : frame + 10 + 3 * samples : 3]
    side = 1 if kind in (LOSSLESS, JPEG_LS) else BLOCK
    # A single component is never interleaved, whatever its factors say (T.81 A.2.2).
    interleaved = samples > 1 and len(factors) > 0
    high = max(factor & 15 for factor in factors) if interleaved else 1
    wide = max(factor >> 4 for factor in factors) if interleaved else 1
    unit = (side * max(high, 1), side * max(wide, 1))
    return JpegStream(
        content,
        kind,
        frame + 5,
        rows,
        columns,
        samples,
        unit,
        code_ends,
        code_bytes,
        restarts,
    )


def _marker_at(data: bytes, at: int) -> tuple[int, int]:
    """Return where a marker begins, fill bytes passed, and which."""
    while data[at : at + 2] == b"\xff\xff":
        at += 1
    if len(data) < at + 2:
        raise _truncated()
    if data[at] != 0xFF:
        raise MalformedImageError("The compressed pixels are damaged. Send the film again.")
    marker = data[at + 1]
    if marker != EOI and len(data) < at + 10:
        raise _truncated()
    return at, marker


def _code_ends(data: bytes, at: int, kind: int) -> list[int]:
    """Return where the code of a scan is interrupted by restarts, and at last where it ends."""
    ends = []
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _truncated()
        following = data[at + 1]
        stuffed = following < 0x80 if kind == JPEG_LS else following == 0
        if following == 0xFF:
            at += 1
        elif stuffed:
            at += 2
        elif following in RESTARTS:
            ends.append(at)
            at += 2
        else:
            return [*ends, at]


def _truncated() -> TruncatedError:
    return TruncatedError("The JPEG stream ends too early. Send the film again.")
