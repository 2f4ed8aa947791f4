"""One compressed frame to integers, by transfer syntax.

imagecodecs is used directly: it holds libjpeg-turbo, CharLS and OpenJPEG, raises on broken streams
where GDCM ends the process, and reads 12-bit JPEG, which neither Pillow nor GDCM does.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import uid

from radiograde.model.beside import Beside
from radiograde.model.errors import MalformedImageError, TruncatedError, UnsupportedSyntaxError
from radiograde.model.reading.arithmetic_code import check_code, check_reduced, is_judged
from radiograde.model.reading.jpeg_2000_decoder import decode_jpeg_2000
from radiograde.model.reading.jpeg_2000_reduction import centred, fills_its_code, reduced
from radiograde.model.reading.jpeg_2000_stream import Jpeg2000Stream, jpeg_2000_stream
from radiograde.model.reading.jpeg_stream import JPEG_LS as JPEG_LS_FRAME
from radiograde.model.reading.jpeg_stream import JpegStream, jpeg_stream
from radiograde.model.reading.run_lengths import decode_rle

COLOUR_MARKS = (b"Adobe", b"JFIF")
MOST_BITS = 16
LEAST_JUDGED, SAMPLES_A_BYTE = 4_000_000, 1000
"""No film of more than four megapixels is a thousandth of its size."""

JPEG = (
    uid.JPEGBaseline8Bit,
    uid.JPEGExtended12Bit,
    uid.JPEGLossless,
    uid.JPEGLosslessSV1,
)
JPEG_LS = (uid.JPEGLSLossless, uid.JPEGLSNearLossless)
JPEG_2000 = (
    uid.JPEG2000Lossless,
    uid.JPEG2000,
    uid.HTJ2KLossless,
    uid.HTJ2KLosslessRPCL,
    uid.HTJ2K,
)
LOSSLESS_JPEG_2000 = (uid.JPEG2000Lossless, uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL)
RLE = uid.RLELossless
NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)


@dataclass(frozen=True, slots=True)
class FrameShape:
    """What the Image Pixel module says of a frame (PS3.3 C.7.6.3): ``allocated`` bits a sample."""

    rows: int
    columns: int
    samples: int
    allocated: int
    photometric: str
    planar: bool

    @property
    def subsampled(self) -> bool:
        """True where two neighbours share their chroma."""
        return self.samples == 3 and self.photometric == "YBR_FULL_422"


def check_syntax(syntax: str) -> None:
    """Raise UnsupportedSyntaxError where there is no decoder for a transfer syntax."""
    if syntax not in _DECODERS and syntax not in NATIVE:
        raise UnsupportedSyntaxError(
            "The film's transfer syntax is not supported. Send it uncompressed "
            "(Explicit VR Little Endian), or as JPEG, JPEG-LS, JPEG 2000 or RLE."
        )


def decode(frame: bytes, syntax: str, shape: FrameShape) -> NDArray[Any]:
    """Return the decoded samples: (H, W) or (H, W, 3), 8 or 16-bit integers.

    The stream's own size and samples are compared with the header before memory is allocated.

    Raises:
        UnsupportedSyntaxError: as :func:`check_syntax`.
        TruncatedError: a JPEG stream without its end.
        MalformedImageError: the stream is damaged, or its size is not the header's.
    """
    check_syntax(syntax)
    with _damage_as_malformed():
        samples = _DECODERS[syntax](frame, shape)
    if samples.dtype.itemsize > 2 or samples.shape[:2] != (shape.rows, shape.columns):
        raise _contradiction()
    return samples


class SmallSamples(NamedTuple):
    """``codes``: (H, W) at a fraction of the size.

    ``code_check``: where damage is still looked for; it raises MalformedImageError.
    """

    codes: NDArray[Any]
    code_check: Beside[None] | None


def decode_small(
    frame: bytes, syntax: str, shape: FrameShape, bits: int, least: int
) -> SmallSamples | None:
    """Return the samples of a grey JPEG 2000 frame at 1/2, 1/4, ... of its size.

    The longer side keeps ``least`` samples. ``bits``: of its unsigned samples, as the header says.
    None for a stream that is only decoded whole. Its highest resolutions are not decoded: where
    their packets lie is checked, not what is in them.

    Raises:
        TruncatedError, MalformedImageError: as :func:`decode`.
    """
    stream = jpeg_2000_stream(frame)
    if stream is None or stream.signed or stream.precision != bits or bits > MOST_BITS:
        return None
    _check((stream.rows, stream.columns, stream.samples), shape, len(stream.content))
    smaller = reduced(stream, least)
    if smaller is None:
        return None
    filled = Beside(partial(fills_its_code, stream))
    with _damage_as_malformed():
        samples, check = _decoded_small(smaller, lossless=syntax in LOSSLESS_JPEG_2000)
    if not filled.result() or samples.shape != (smaller.rows, smaller.columns):
        return None
    halvings = stream.codings[0].levels - smaller.codings[0].levels
    return SmallSamples(centred(samples, halvings), check)


def _decoded_small(
    smaller: Jpeg2000Stream, *, lossless: bool
) -> tuple[NDArray[Any], Beside[None] | None]:
    """Return the samples of a reduced codestream, and the check of its code where it has one."""
    if not lossless or not is_judged(smaller):
        return decode_jpeg_2000(smaller, lossless=False), None
    wide = decode_jpeg_2000(smaller.unlimited(), lossless=False)
    half = 1 << smaller.precision - 1
    samples = np.clip(wide, -half, half - 1) + half
    check = Beside(partial(_check_small, smaller, wide))
    return samples.astype(np.uint8 if smaller.precision <= 8 else np.uint16), check


def _check_small(smaller: Jpeg2000Stream, wide: NDArray[Any]) -> None:
    with _damage_as_malformed():
        check_reduced(smaller, wide)


@contextmanager
def _damage_as_malformed() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, TypeError, struct.error) as error:
        raise MalformedImageError(
            "The compressed pixels are damaged. Send the film again."
        ) from error


def _decode_jpeg(frame: bytes, shape: FrameShape) -> NDArray[Any]:
    stream = _jpeg(frame, shape)
    if stream.kind == JPEG_LS_FRAME:
        raise _contradiction()
    # A stream without a marker of its own is decoded as YCbCr, whatever the header says.
    if shape.photometric == "RGB" and not any(mark in frame[:1024] for mark in COLOUR_MARKS):
        return stream.decoded_whole(_jpeg_as_rgb)
    return stream.decoded_whole(imagecodecs.jpeg8_decode)


def _jpeg_as_rgb(frame: bytes) -> NDArray[Any]:
    samples: NDArray[Any] = imagecodecs.jpeg8_decode(frame, colorspace="RGB", outcolorspace="RGB")
    return samples


def _decode_jpeg_ls(frame: bytes, shape: FrameShape) -> NDArray[Any]:
    stream = _jpeg(frame, shape)
    if stream.kind != JPEG_LS_FRAME:
        raise _contradiction()
    return imagecodecs.jpegls_decode(stream.content)


def _decode_jpeg_2000(frame: bytes, shape: FrameShape, *, lossless: bool = False) -> NDArray[Any]:
    stream = jpeg_2000_stream(frame)
    if stream is None:
        raise _contradiction()
    _check((stream.rows, stream.columns, stream.samples), shape, len(stream.content))
    samples = decode_jpeg_2000(stream, lossless=lossless)
    if lossless:
        check_code(stream)
    return samples


def _decode_rle(frame: bytes, shape: FrameShape) -> NDArray[Any]:
    size = (shape.samples, shape.rows, shape.columns)
    planes = decode_rle(frame, size, shape.allocated // 8)
    return planes[0] if shape.samples == 1 else np.moveaxis(planes, 0, -1)


def _jpeg(frame: bytes, shape: FrameShape) -> JpegStream:
    stream = jpeg_stream(frame)
    if stream is None:
        raise _contradiction()
    _check((stream.rows, stream.columns, stream.samples), shape, len(stream.content))
    stream.check_code()
    return stream


def _check(declared: tuple[int, int, int], shape: FrameShape, size: int) -> None:
    if declared != (shape.rows, shape.columns, shape.samples):
        raise _contradiction()
    if shape.rows * shape.columns * shape.samples > LEAST_JUDGED + SAMPLES_A_BYTE * size:
        raise TruncatedError("The compressed pixels end too early. Send the film again.")


def _contradiction() -> MalformedImageError:
    return MalformedImageError(
        "Header and compressed pixels contradict each other. Export the film again."
    )


_Decoder = Callable[[bytes, FrameShape], NDArray[Any]]
_DECODERS: dict[str, _Decoder] = (
    dict.fromkeys(JPEG, _decode_jpeg)
    | dict.fromkeys(JPEG_LS, _decode_jpeg_ls)
    | dict.fromkeys(JPEG_2000, _decode_jpeg_2000)
    | dict.fromkeys(LOSSLESS_JPEG_2000, partial(_decode_jpeg_2000, lossless=True))
    | {RLE: _decode_rle}
)
