"""The parts of a JPEG or JPEG-LS stream, T.81 annex B and T.87 annex C, before it is decoded.

libjpeg fills up what is missing and warns where nobody hears it. Whether it used the stream up to
its end mark is seen from outside: with rows added and other bytes behind the code, the film's own
rows must stay as they are; with another last byte of the code they must not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.beside import Beside
from radiograde.model.errors import MalformedImageError, TruncatedError
from radiograde.model.reading.streaks import has_streak
from radiograde.model.reading.torn_picture import is_beyond, is_torn

START_OF_IMAGE = b"\xff\xd8"
EOI, SOS, DRI = 0xD9, 0xDA, 0xDD
LOSSLESS, JPEG_LS = 0xC3, 0xF7
PROGRESSIVE = 0xC2
FRAMES = frozenset({0xC0, 0xC1, LOSSLESS, JPEG_LS})
"""Baseline, extended, lossless and JPEG-LS; DICOM knows no progressive frames (PS3.5 8.2)."""

PICTURE_FRAMES = frozenset({0xC0, 0xC1, PROGRESSIVE})
ALL_FRAMES = frozenset({*range(0xC0, 0xD0), JPEG_LS}) - {0xC4, 0xC8, 0xCC}
MOST_SCANS = 100
"""A progressive JPEG has about ten; thousands of empty ones would decode for hours."""

MOST_SEGMENTS = 5000
RESTARTS = range(0xD0, 0xD8)
MOST_RESTARTS = 1_000_000
LEAST_MARKER, LEAST_JPEG_LS_MARKER = 0x01, 0x80
"""What stands behind 0xFF within code and is no stuffing (T.81 B.1.1.5, T.87 A.1)."""

FIRST_PART, LARGEST_PART = 2**16, 2**22
"""Bytes of code that are looked through at once."""

BLOCK = 8
TAILS = (bytes(range(1, 129, 3)) * 4, bytes(range(254, 126, -3)) * 4)
MOST_BESIDE = 20_000_000
"""Samples of a picture that is decoded twice at a time; more would take too much memory."""

OTHER_BYTES = (0x00, 0x55, 0xAA, 0x7E, 0x18)
"""In place of the last byte of the code, one after the other until the picture changes."""

Decoder = Callable[[bytes], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class JpegStream:
    """``content`` up to the end mark; ``code_ends``: where each piece of entropy code ends."""

    content: bytes
    kind: int
    precision: int
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
            MalformedImageError: the picture ends before the code does, or it is torn.
        """
        height = self.unit[0]
        whole = -(-self.rows // height) * height
        # Chroma of two rows is drawn from the row below, too, but for lossless JPEG.
        judged = whole if self.samples == 1 or self.kind == LOSSLESS else whole - 2
        small = self.rows * self.columns * self.samples <= MOST_BESIDE
        other = Beside(
            lambda: decode(self._extended(whole + height, TAILS[1]))[:judged], at_once=small
        )
        one = decode(self._extended(whole + height, TAILS[0]))[:judged]
        if not np.array_equal(one, other.result()):
            raise _truncated()
        del other
        samples = one[: self.rows] if self.samples == 1 else decode(self.content)
        torn = Beside(lambda: self._is_torn(samples), at_once=small)
        if not self.restarts and not self._needs_all(decode, one, whole + height):
            raise _damaged()
        if torn.result():
            raise _damaged()
        return samples

    def _is_torn(self, samples: NDArray[Any]) -> bool:
        grey = samples if self.samples == 1 else samples[..., 1]
        if self.kind == LOSSLESS:
            return is_beyond(samples, self.precision) or has_streak(grey)
        return is_torn(grey, *self.unit, (1 << self.precision) - 1)

    def _needs_all(self, decode: Decoder, samples: NDArray[Any], rows: int) -> bool:
        """Return whether the picture changes with the last byte of the code."""
        end = self.code_ends[-1]
        last = end - 2 if self.content[end - 2 : end] == b"\xff\0" else end - 1
        for byte in (~self.content[last] & 0x7F, *OTHER_BYTES):
            content = self.content[:last] + bytes((byte,)) + self.content[end:]
            ends = (*self.code_ends[:-1], last + 1)
            changed = replace(self, content=content, code_ends=ends)
            if not np.array_equal(
                samples, decode(changed._extended(rows, TAILS[0]))[: len(samples)]
            ):
                return True
        return False

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


def jpeg_stream(data: bytes, kinds: Set[int] = FRAMES) -> JpegStream | None:
    """Return the first stream's parts; None where no JPEG frame of ``kinds`` begins.

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
    for _ in range(MOST_SEGMENTS):
        at, marker = _marker_at(data, at)
        if marker == EOI:
            break
        (length,) = struct.unpack_from(">H", data, at + 2)
        if marker in ALL_FRAMES and (marker not in kinds or frame is not None):
            return None
        if marker in kinds:
            frame = at
        restarts |= marker == DRI and any(data[at + 4 : at + 6])
        start = at = at + 2 + length
        if marker == SOS:
            scans += 1
            if frame is None or scans > _most_scans(data, frame):
                return None
            ends = _code_ends(data, at, data[frame + 1], MOST_RESTARTS - len(code_ends))
            code_ends += ends
            at = ends[-1]
            code_bytes += at - start
    else:
        raise _damaged()
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
        content[frame + 4],
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
        raise _damaged()
    marker = data[at + 1]
    if marker != EOI and len(data) < at + 10:
        raise _truncated()
    return at, marker


def _code_ends(data: bytes, at: int, kind: int, most: int) -> list[int]:
    """Return where the code of a scan is interrupted by restarts, and at last where it ends."""
    ends: list[int] = []
    for mark in _marks(data, at, LEAST_JPEG_LS_MARKER if kind == JPEG_LS else LEAST_MARKER):
        fill_bytes = data[mark - 1] == 0xFF and mark > at
        end = at + len(data[at:mark].rstrip(b"\xff")) if fill_bytes else mark
        if data[mark + 1] not in RESTARTS:
            return [*ends, end]
        ends.append(end)
        if len(ends) > most:
            raise _damaged()
        at = mark + 2
    raise _truncated()


def _marks(data: bytes, at: int, least: int) -> Iterator[int]:
    """Yield where 0xFF stands right before a byte from ``least`` to 0xFE."""
    size = FIRST_PART
    while at + 1 < len(data):
        part = np.frombuffer(data, np.uint8, min(size, len(data) - at), at)
        marks = np.flatnonzero(part[:-1] == 0xFF)
        behind = part[marks + 1]
        yield from (at + marks[(behind >= least) & (behind < 0xFF)]).tolist()
        at += len(part) - 1
        size = min(2 * size, LARGEST_PART)


def _most_scans(data: bytes, frame: int) -> int:
    return MOST_SCANS if data[frame + 1] == PROGRESSIVE else max(1, data[frame + 9])


def _damaged() -> MalformedImageError:
    return MalformedImageError("The compressed pixels are damaged. Send the film again.")


def _truncated() -> TruncatedError:
    return TruncatedError("The JPEG stream ends too early. Send the film again.")
