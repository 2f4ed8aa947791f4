"""PNG and JPEG pictures to grey in [0, 1]."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from model.colour import is_colourful, luma, thinned
from model.errors import MalformedImageError, TooLargeError, TruncatedError
from model.limits import Limits
from model.window import display_range

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_SIGNATURE = b"\xff\xd8\xff"
START_OF_SCAN = b"\xff\xda"
MAX_SCANS = 100
"""A progressive JPEG has about ten; thousands of empty ones would decode for hours."""

SAMPLE_STRIDE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """``grey``: (H, W) float32 in [0, 1]; ``colourful``: it was plainly in colour."""

    grey: NDArray[np.float32]
    colourful: bool


def picture_format(data: bytes) -> Literal["png", "jpeg"] | None:
    """Return the format by the file's signature; None for anything else."""
    if data.startswith(PNG_SIGNATURE):
        return "png"
    return "jpeg" if data.startswith(JPEG_SIGNATURE) else None


def read_picture(data: bytes, limits: Limits) -> Picture:
    """Return the picture upright (EXIF), without its transparency, in grey.

    8 and 16 bits, palette and colour are understood. The range of the pixels is stretched, as it
    is for a DICOM film without a window, so that the depth of storage does not matter.

    Raises:
        TooLargeError: by the header, before anything is decoded.
        TruncatedError: the pixels end too early.
        MalformedImageError: the picture is damaged.
    """
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        limits.check_shape(image.height, image.width, len(image.getbands()))
        if image.format != "PNG" and data.count(START_OF_SCAN) > MAX_SCANS:
            raise MalformedImageError("The picture asks for too many passes. Export it again.")
        image.load()
    except Image.DecompressionBombError as error:
        raise TooLargeError("The picture is too large. Send the film at its own size.") from error
    except (UnidentifiedImageError, SyntaxError, ValueError, EOFError) as error:
        raise MalformedImageError("The picture is damaged. Export it again.") from error
    except OSError as error:
        raise TruncatedError("The picture is damaged or cut short. Send it again.") from error
    samples, colourful = _samples(ImageOps.exif_transpose(image))
    return Picture(_stretch(samples), colourful)


def _samples(image: Image.Image) -> tuple[NDArray[Any], bool]:
    """Return (H, W) uint8 or uint16, and whether it was in colour; transparent becomes black."""
    if image.mode == "1":
        image = image.convert("L")
    if image.mode in ("L", "I;16", "I;16B", "I;16L"):
        return np.asarray(image), False
    if image.mode == "I":
        return np.clip(np.asarray(image), 0, 65535).astype(np.uint16), False
    if image.has_transparency_data:
        image = Image.alpha_composite(
            Image.new("RGBA", image.size, (0, 0, 0, 255)), image.convert("RGBA")
        )
    rgb = np.asarray(image.convert("RGB"))
    return luma(rgb), is_colourful(thinned(rgb))


def _stretch(samples: NDArray[Any]) -> NDArray[np.float32]:
    values = np.arange(2 ** (8 * samples.dtype.itemsize), dtype=np.float64)
    sample = samples[::SAMPLE_STRIDE, ::SAMPLE_STRIDE]
    low, high = display_range(values, np.bincount(sample.ravel(), minlength=values.size))
    table = np.clip((values - low) / (high - low), 0, 1).astype(np.float32)
    return np.take(table, samples)
