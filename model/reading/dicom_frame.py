"""The stored samples of a DICOM object's first frame, PS3.3 section C.7.6.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.beside import Beside
from radiograde.model.errors import MalformedImageError, MissingPixelsError
from radiograde.model.limits import Limits
from radiograde.model.reading.codecs import JPEG, NATIVE, RLE, FrameShape, check_syntax, decode
from radiograde.model.reading.colour import is_colourful, luma, rgb_of_ybr, thinned
from radiograde.model.reading.dicom_file import DicomFile
from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.pixel_data import first_frame, pages_in, read_native
from radiograde.model.reading.stored_bits import stored_bits


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Frame 0 as stored: ``codes`` uint8 or uint16 with ``bits`` significant bits.

    The bits lie ``shift`` above the lowest; ``signed``: they are two's complement. ``frames``: how
    many the object holds. ``highest``: the largest code. ``shape``: rows and columns of the film;
    the codes are (H, W), or those of the film at a fraction of its size. ``code_check``: where
    damage of the code is still looked for.
    """

    codes: NDArray[np.uint8] | NDArray[np.uint16]
    bits: int
    shift: int
    signed: bool
    colourful: bool
    frames: int
    highest: int
    shape: tuple[int, int]
    code_check: Beside[None] | None = None


def read_frame(file: DicomFile, limits: Limits) -> Frame:
    """Return the first frame, colour turned to grey; further frames are not touched.

    Raises:
        MissingPixelsError: no pixels, or nothing that describes them.
        TooLargeError: more pixels than allowed.
        TruncatedError, MalformedImageError, UnsupportedSyntaxError: the pixels cannot be decoded.
    """
    shape = shape_of(file.header, limits)
    if file.pixels is None:
        raise MissingPixelsError(
            "The file holds no image, or was cut before it. Send the film itself, once more."
        )
    check_syntax(file.transfer_syntax)
    if file.transfer_syntax in NATIVE:
        samples = read_native(file.pixels, file.transfer_syntax, shape)
    elif file.pixels.declared is None:
        compressed = first_frame(file.pixels.value, frame_count(file.header))
        samples = decode(compressed, file.transfer_syntax, shape)
    else:
        raise MalformedImageError(
            "The header says the pixels are compressed, but they are not. Export the film again."
        )
    grey, colourful = _to_grey(samples, shape, file.transfer_syntax)
    codes = grey.view(f"u{grey.dtype.itemsize}")
    highest = int(codes.max())
    bits, shift, signed = stored_bits(
        codes, file.header, highest, in_cells=file.transfer_syntax in (*NATIVE, RLE)
    )
    frames = max(frame_count(file.header), pages_in(file.pixels, file.transfer_syntax, shape))
    size = shape.rows, shape.columns
    return Frame(codes, bits, shift, signed, colourful, frames, highest, size)


def frame_count(header: Header) -> int:
    """Return NumberOfFrames, 1 where it is absent or nonsense."""
    return max(1, int(header.number("NumberOfFrames") or 1))


def photometric(header: Header) -> str:
    """Return PhotometricInterpretation; MONOCHROME2 where it is absent."""
    return header.text("PhotometricInterpretation") or "MONOCHROME2"


def shape_of(header: Header, limits: Limits) -> FrameShape:
    """Return what the header says of a frame.

    Raises:
        MissingPixelsError: it describes no image.
        TooLargeError: more pixels than allowed.
        MalformedImageError: pixels of a kind that no film has.
    """
    rows, columns = header.short("Rows"), header.short("Columns")
    allocated = header.short("BitsAllocated")
    if rows is None or columns is None or allocated is None:
        if header.short("FileSetConsistencyFlag") is not None:  # PS3.3 F.3.2.1: a directory's alone
            raise MissingPixelsError(
                "This is a DICOMDIR, the table of contents of a disc: it holds no image. Send the "
                "films that it lists."
            )
        raise MissingPixelsError(
            "The header does not describe an image (rows, columns, bits). Export the film again."
        )
    samples = header.short("SamplesPerPixel") or 1
    limits.check_shape(rows, columns)
    if allocated not in (8, 16):
        raise MalformedImageError(
            "The pixels are neither 8 nor 16 bits wide. Export the film as 8 to 16-bit grey."
        )
    interpretation = photometric(header)
    if samples not in (1, 3) or interpretation == "PALETTE COLOR":
        raise MalformedImageError(
            "The pixels are neither grey nor red, green and blue. Export the film as grey."
        )
    planar = header.short("PlanarConfiguration") == 1
    return FrameShape(rows, columns, samples, allocated, interpretation, planar)


def _to_grey(samples: NDArray[Any], shape: FrameShape, syntax: str) -> tuple[NDArray[Any], bool]:
    if samples.ndim == 2:
        return samples, False
    if samples.shape[-1] < 3:
        return samples[..., 0], False
    colour = samples[..., :3]
    # libjpeg has turned YCbCr into RGB already; the other decoders leave it.
    if shape.photometric.startswith("YBR_FULL") and syntax not in JPEG:
        # Y is the luma itself (C.7.6.3.1.2); the copy lets go of the chroma.
        return colour[..., 0].copy(), is_colourful(rgb_of_ybr(thinned(colour)))
    return luma(colour), is_colourful(thinned(colour))
