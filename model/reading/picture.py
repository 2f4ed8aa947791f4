"""PNG and JPEG pictures to grey in [0, 1]."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from radiograde.model.errors import MalformedImageError, TooLargeError, TruncatedError
from radiograde.model.limits import Limits
from radiograde.model.reading.colour import BAND, is_colourful, luma, thinned
from radiograde.model.reading.grey import Grey, Shades
from radiograde.model.reading.jpeg_stream import PICTURE_FRAMES, JpegStream, jpeg_stream
from radiograde.model.reading.png_chunks import PNG_SIGNATURE, check_chunks
from radiograde.model.reading.voi import Range, display_range

JPEG_SIGNATURE = b"\xff\xd8\xff"
SAMPLE_STRIDE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """``colourful``: it was plainly in colour."""

    grey: Grey
    colourful: bool


def picture_format(data: bytes) -> Literal["png", "jpeg"] | None:
    """Return the format by the file's signature; None for anything else."""
    if data.startswith(PNG_SIGNATURE):
        return "png"
    return "jpeg" if data.startswith(JPEG_SIGNATURE) else None


def read_picture(data: bytes, limits: Limits) -> Picture:
    """Return the picture in grey, its range stretched: as a DICOM film without a window.

    So the depth of storage does not matter. Raises as :func:`read_samples`.
    """
    samples, colourful = read_samples(data, limits)
    return Picture(
        Shades(samples, shades_of(samples, used_range(samples)), samples.shape), colourful
    )


def read_samples(data: bytes, limits: Limits) -> tuple[NDArray[Any], bool]:
    """Return the picture's grey, (H, W) uint8 or uint16, and whether it was plainly in colour.

    It is upright (EXIF) and without its transparency. 8 and 16 bits, palette and colour are
    understood.

    Raises:
        TooLargeError: by the header, before anything is decoded.
        TruncatedError: the pixels end too early.
        MalformedImageError: the picture is damaged.
    """
    stream = None
    if data.startswith(PNG_SIGNATURE):
        check_chunks(data)
    else:
        stream = _jpeg(data)
    try:
        image: Image.Image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
        limits.check_shape(image.height, image.width)
        if stream is not None:
            stream.decoded_whole(imagecodecs.jpeg8_decode)
        image.load()
    except Image.DecompressionBombError as error:
        raise TooLargeError("The picture is too large. Send the film at its own size.") from error
    except (UnidentifiedImageError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise MalformedImageError("The picture is damaged. Export it again.") from error
    except OSError as error:
        raise TruncatedError("The picture is damaged or cut short. Send it again.") from error
    ImageOps.exif_transpose(image, in_place=True)
    return _samples(image)


def _jpeg(data: bytes) -> JpegStream:
    stream = jpeg_stream(data, PICTURE_FRAMES)
    if stream is None:
        raise MalformedImageError("The picture is damaged. Export it again.")
    stream.check_code()
    return stream


def used_range(samples: NDArray[Any]) -> Range:
    """Return the range of values that (H, W) uint8 or uint16 really use."""
    sample = samples[::SAMPLE_STRIDE, ::SAMPLE_STRIDE]
    values = _every_value(samples)
    return Range(*display_range(values, np.bincount(sample.ravel(), minlength=values.size)))


def shades_of(samples: NDArray[Any], shown: Range) -> NDArray[np.float32]:
    """Return the grey in [0, 1] of every value that such samples can have."""
    return shown.apply(_every_value(samples)).astype(np.float32)


def _samples(image: Image.Image) -> tuple[NDArray[Any], bool]:
    """Return (H, W) uint8 or uint16, and whether it was in colour; transparent becomes black.

    It is worked out by bands of rows: copies of the whole picture would take several times its
    memory.
    """
    wide = image.mode.startswith("I")
    grey = np.empty((image.height, image.width), np.uint16 if wide else np.uint8)
    thin = []
    for top in range(0, image.height, BAND):
        band = image.crop((0, top, image.width, min(top + BAND, image.height)))
        if wide:
            grey[top : top + BAND] = np.clip(np.asarray(band), 0, 65535)
        elif band.mode in ("1", "L"):
            grey[top : top + BAND] = np.asarray(band.convert("L"))
        else:
            rgb = _opaque(band)
            grey[top : top + BAND] = luma(rgb)
            thin.append(thinned(rgb))
    return grey, bool(thin) and is_colourful(np.concatenate(thin))


def _opaque(image: Image.Image) -> NDArray[np.uint8]:
    """Return (H, W, 3) red, green, blue; transparent becomes black."""
    if image.has_transparency_data:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def _every_value(samples: NDArray[Any]) -> NDArray[np.float64]:
    return np.arange(2 ** (8 * samples.dtype.itemsize), dtype=np.float64)
