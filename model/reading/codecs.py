"""One compressed frame to integers, by transfer syntax.

imagecodecs is used directly: it holds libjpeg-turbo, CharLS and OpenJPEG, raises on broken streams
where GDCM ends the process, and reads 12-bit JPEG, which neither Pillow nor GDCM does.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import uid

from radiograde.model.errors import MalformedImageError, TruncatedError, UnsupportedSyntaxError

START_OF_IMAGE = b"\xff\xd8"
END_OF_IMAGE = b"\xff\xd9"
START_OF_FRAME = frozenset({0xFFC0, 0xFFC1, 0xFFC3, 0xFFF7})
"""Baseline, extended, lossless and JPEG-LS; DICOM knows no progressive frames (PS3.5 8.2)."""

COLOUR_MARKS = (b"Adobe", b"JFIF")
FILL = 0xFFFF
START_OF_CODESTREAM = b"\xff\x4f\xff\x51"
JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  "
JPEG_2000_THREADS = min(4, os.cpu_count() or 1)
"""JPEG 2000 is the slowest to decode by far (benchmarks/decode.py); its blocks part well."""

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


def decode(frame: bytes, syntax: str, shape: FrameShape) -> NDArray[Any]:
    """Return the decoded samples: (H, W) or (H, W, 3), 8 or 16-bit integers.

    The stream's own size and samples are compared with the header before memory is allocated.

    Raises:
        UnsupportedSyntaxError: no decoder for this transfer syntax.
        TruncatedError: a JPEG stream without its end.
        MalformedImageError: the stream is damaged, or its size is not the header's.
    """
    decoder = _DECODERS.get(syntax)
    if decoder is None:
        raise UnsupportedSyntaxError(
            "The film's transfer syntax is not supported. Send it uncompressed "
            "(Explicit VR Little Endian), or as JPEG, JPEG-LS, JPEG 2000 or RLE."
        )
    try:
        samples = decoder(frame, shape)
    except (RuntimeError, ValueError, TypeError, struct.error) as error:
        raise MalformedImageError(
            "The compressed pixels are damaged. Send the film again."
        ) from error
    if samples.dtype.itemsize > 2 or samples.shape[:2] != (shape.rows, shape.columns):
        raise _contradiction()
    return samples


def _decode_jpeg(frame: bytes, shape: FrameShape) -> NDArray[Any]:
    _check(_jpeg_header(frame), shape)
    if END_OF_IMAGE not in frame[-32:]:
        raise TruncatedError("The JPEG stream ends too early. Send the film again.")
    # A stream without a marker of its own is decoded as YCbCr, whatever the header says.
    if shape.photometric == "RGB" and not any(mark in frame[:1024] for mark in COLOUR_MARKS):
        return imagecodecs.jpeg8_decode(frame, colorspace="RGB", outcolorspace="RGB")
    return imagecodecs.jpeg8_decode(frame)


def _decode_jpeg_ls(frame: bytes, shape: FrameShape) -> NDArray[Any]:
    _check(_jpeg_header(frame), shape)
    return imagecodecs.jpegls_decode(frame)


def _decode_jpeg_2000(frame: bytes, shape: FrameShape) -> NDArray[Any]:
    _check(_jpeg_2000_header(frame), shape)
    return imagecodecs.jpeg2k_decode(frame, numthreads=JPEG_2000_THREADS)


def _decode_rle(frame: bytes, shape: FrameShape) -> NDArray[Any]:
    """Decode RLE, PS3.5 annex G; its samples lie plane by plane."""
    dtype = np.dtype(f"<u{shape.allocated // 8}")
    size = (shape.samples, shape.rows, shape.columns)
    buffer = bytearray(int(np.prod(size)) * dtype.itemsize)
    decoded = imagecodecs.dicomrle_decode(frame, dtype, out=buffer)
    planes = np.frombuffer(decoded, dtype).reshape(size)
    return planes[0] if shape.samples == 1 else np.moveaxis(planes, 0, -1)


def _jpeg_header(frame: bytes) -> tuple[int, int, int]:
    """Return rows, columns and samples out of the SOF of JPEG (T.81 B.2.2) or JPEG-LS."""
    if frame[:2] != START_OF_IMAGE:
        raise _contradiction()
    at = 2
    while at + 10 <= len(frame):
        marker, length = struct.unpack(">HH", frame[at : at + 4])
        if marker in START_OF_FRAME:
            rows, columns, samples = struct.unpack(">HHB", frame[at + 5 : at + 10])
            return rows, columns, samples
        at += 1 if marker == FILL else 2 + length
    raise _contradiction()


def _jpeg_2000_header(frame: bytes) -> tuple[int, int, int]:
    """Return rows, columns and samples out of the SIZ of a codestream (T.800 A.5.1)."""
    start = 0
    if frame.startswith(JP2_SIGNATURE):
        start = frame.find(START_OF_CODESTREAM)
    if start < 0 or frame[start : start + 4] != START_OF_CODESTREAM:
        raise _contradiction()
    right, bottom, left, top = struct.unpack(">4I", frame[start + 8 : start + 24])
    (samples,) = struct.unpack(">H", frame[start + 40 : start + 42])
    return bottom - top, right - left, samples


def _check(declared: tuple[int, int, int], shape: FrameShape) -> None:
    if declared != (shape.rows, shape.columns, shape.samples):
        raise _contradiction()


def _contradiction() -> MalformedImageError:
    return MalformedImageError(
        "Header and compressed pixels contradict each other. Export the film again."
    )


_Decoder = Callable[[bytes, FrameShape], NDArray[Any]]
_DECODERS: dict[str, _Decoder] = (
    dict.fromkeys(JPEG, _decode_jpeg)
    | dict.fromkeys(JPEG_LS, _decode_jpeg_ls)
    | dict.fromkeys(JPEG_2000, _decode_jpeg_2000)
    | {uid.RLELossless: _decode_rle}
)
