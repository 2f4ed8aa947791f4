"""Grey films in colour clothes, and pictures that are no films."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from radiograde.data.storage import Storage
from radiograde.model import errors
from radiograde.model.reading.film_file import read
from tests.model.reading.films import SPEC, film, phantom

EIGHT = Storage(8, windowed=False)
EXPECTED = 0.012
"""Tolerance: a grey value, and the range found with it."""


def grey() -> NDArray[np.uint8]:
    return np.rint(phantom().pixels * 255).astype(np.uint8)


def as_colour(samples: NDArray[np.uint8], photometric: str, planar: int = 0) -> bytes:
    def change(ds: Dataset) -> None:
        ds.Rows, ds.Columns = samples.shape[1:] if planar else samples.shape[:2]
        ds.SamplesPerPixel = 3
        ds.PhotometricInterpretation = photometric
        ds.PlanarConfiguration = planar
        ds.PixelData = samples.tobytes() + b"\0" * (samples.size % 2)

    return film(EIGHT, change=change)


def test_rgb_by_pixel_and_by_plane() -> None:
    expected = read(film(EIGHT)).pixels
    rgb = np.stack([grey()] * 3, axis=-1)
    for data in (as_colour(rgb, "RGB"), as_colour(np.moveaxis(rgb, -1, 0), "RGB", planar=1)):
        radiograph = read(data)
        assert np.abs(radiograph.pixels - expected).max() < EXPECTED
        assert not radiograph.colourful


def test_ybr_full_and_422() -> None:
    expected = read(film(EIGHT)).pixels
    neutral = np.full_like(grey(), 128)
    full = np.stack((grey(), neutral, neutral), axis=-1)
    assert np.abs(read(as_colour(full, "YBR_FULL")).pixels - expected).max() < EXPECTED
    even = grey()[:, : SPEC.columns // 2 * 2]
    chroma = np.full((*even.shape[:1], even.shape[1] // 2, 2), 128, np.uint8)
    groups = np.concatenate((even.reshape(even.shape[0], -1, 2), chroma), axis=2)

    def change(ds: Dataset) -> None:
        ds.SamplesPerPixel, ds.PlanarConfiguration = 3, 0
        ds.PhotometricInterpretation, ds.Columns = "YBR_FULL_422", even.shape[1]
        ds.PixelData = groups.tobytes()

    halved = read(film(EIGHT, change=change)).pixels
    assert np.abs(halved - expected[:, : even.shape[1]]).max() < EXPECTED


def test_coloured_ybr_full_is_colourful() -> None:
    blue = np.full((*grey().shape, 3), (60, 230, 100), np.uint8)
    assert read(as_colour(blue, "YBR_FULL")).colourful


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL"])
def test_colour_takes_little_more_memory_than_grey(photometric: str) -> None:
    """The film itself takes 4 bytes a pixel, a second copy of it while polarity is settled."""
    samples = np.full((1024, 2048, 3), 128, np.uint8)
    data = as_colour(samples, photometric)
    tracemalloc.start()
    read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * samples.size / 3


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422"])
def test_colour_jpeg_of_a_grey_film(photometric: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(grey()).convert("RGB").save(buffer, "jpeg", quality=95)

    def change(ds: Dataset) -> None:
        ds.file_meta.TransferSyntaxUID = uid.JPEGBaseline8Bit
        ds.SamplesPerPixel, ds.PlanarConfiguration = 3, 0
        ds.PhotometricInterpretation = photometric
        ds.PixelData = encapsulate([buffer.getvalue()])
        ds["PixelData"].VR = "OB"

    # Pillow writes YCbCr with a JFIF marker, which is believed before the tag.
    radiograph = read(film(EIGHT, change=change))
    assert np.abs(radiograph.pixels - read(film(EIGHT)).pixels).mean() < EXPECTED
    assert not radiograph.colourful


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "I;16"])
def test_png_modes(mode: str) -> None:
    expected = read(film(EIGHT)).pixels
    if mode == "I;16":
        picture = Image.fromarray(np.rint(phantom().pixels * 65535).astype(np.uint16))
    else:
        picture = Image.fromarray(grey()).convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, "png")
    radiograph = read(buffer.getvalue())
    assert radiograph.source == "png"
    assert np.abs(radiograph.pixels - expected).max() < EXPECTED
    assert not radiograph.colourful


def test_a_picture_is_turned_upright() -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(grey())).save(buffer, "jpeg", quality=95, exif=exif)
    assert np.abs(read(buffer.getvalue()).pixels - read(film(EIGHT)).pixels).mean() < EXPECTED


def test_a_photograph_is_colourful() -> None:
    rows = np.linspace(0, 255, 300)
    photo = np.stack(np.broadcast_arrays(rows[:, None], 40.0, 255 - rows), axis=-1)
    buffer = io.BytesIO()
    Image.fromarray(photo.astype(np.uint8)).save(buffer, "png")
    assert read(buffer.getvalue()).colourful


def test_damaged_pictures() -> None:
    buffer = io.BytesIO()
    Image.fromarray(grey()).save(buffer, "jpeg")
    data = buffer.getvalue()
    with pytest.raises(errors.TruncatedError):
        read(data[: len(data) // 2])
    with pytest.raises(errors.MalformedImageError):
        read(data[:-2] + data[data.index(b"\xff\xda") : -2] * 200 + data[-2:])
    # What lies behind the end is not decoded.
    assert np.array_equal(read(data + b"\xff\xda" * 200).pixels, read(data).pixels)
    huge = io.BytesIO()
    Image.new("1", (30000, 30000)).save(huge, "png")
    with pytest.raises(errors.TooLargeError):
        read(huge.getvalue())
