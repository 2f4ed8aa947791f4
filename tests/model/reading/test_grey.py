"""A film's grey is worked out as far as asked for, and is the same by every way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from radiograde.data.storage import Photometric, Storage
from radiograde.model.reading.film_file import read
from radiograde.model.reading.grey import Pixels, Shades
from tests.model.reading.films import film, phantom

CLOSE = 1e-5


def boxes_of(pixels: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).reduce(factor))


def sigmoid(ds: Dataset) -> None:
    ds.VOILUTFunction = "SIGMOID"


def narrow(ds: Dataset) -> None:
    ds.WindowWidth = float(ds.WindowWidth) * 0.4


def tabled(ds: Dataset) -> None:
    lut = Dataset()
    lut.LUTDescriptor = [256, 0, 16]
    lut.LUTData = (np.linspace(0, 1, 256) ** 3 * 65535).astype("<u2").tobytes()
    lut["LUTData"].VR = "OW"
    ds.ModalityLUTSequence = [lut]
    ds.WindowCenter, ds.WindowWidth = 32768, 65536
    del ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(
    photometric=st.sampled_from(["MONOCHROME1", "MONOCHROME2"]),
    bits=st.sampled_from([8, 10, 12, 16]),
    signed=st.booleans(),
    factor=st.integers(1, 7),
    cut=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
def test_means_of_codes_are_shown_as_means_of_what_is_shown(
    photometric: Photometric, bits: int, signed: bool, factor: int, cut: tuple[int, int]
) -> None:
    grey = read(film(Storage(bits, photometric, signed=signed))).grey
    assert isinstance(grey, Shades)
    rows, columns = (side - less for side, less in zip(grey.shape, cut, strict=True))
    odd = Shades(grey._codes[:rows, :columns], grey._shades, (rows, columns))
    np.testing.assert_allclose(odd.reduced(factor), boxes_of(odd.pixels, factor), atol=CLOSE)


@pytest.mark.parametrize("change", [sigmoid, tabled])
def test_what_is_no_line_is_shown_before_it_is_shrunk(change: Any) -> None:
    grey = read(film(Storage(8), change=change)).grey
    for factor in (2, 3):
        expected = boxes_of(grey.pixels, factor)
        np.testing.assert_allclose(grey.reduced(factor), expected, atol=CLOSE)


@pytest.mark.parametrize("storage", [Storage(12), Storage(12, windowed=False)])
def test_a_cut_range_moves_no_more_than_the_boxes_on_its_edge(storage: Storage) -> None:
    grey = read(film(storage, change=narrow if storage.windowed else None)).grey
    assert (grey.pixels.min(), grey.pixels.max()) == (0, 1)
    moved = np.abs(grey.reduced(2) - boxes_of(grey.pixels, 2))
    assert moved.max() < 0.25
    assert moved.mean() < 0.001


def test_padding_is_black_in_the_means_too() -> None:
    def padded(ds: Dataset) -> None:
        samples = np.frombuffer(ds.PixelData, "<u2").reshape(ds.Rows, ds.Columns).copy()
        samples[:, :20] = 3000
        ds.PixelPaddingValue = 3000
        ds.PixelData = samples.tobytes()

    grey = read(film(Storage(12), change=padded)).grey
    assert grey.reduced(2)[:, :10].max() == 0
    np.testing.assert_allclose(grey.reduced(2), boxes_of(grey.pixels, 2), atol=CLOSE)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (70, 33), (257, 514)])
def test_sums_have_room_and_odd_edges_are_means(dtype: Any, shape: tuple[int, int]) -> None:
    highest = np.iinfo(dtype).max
    codes = np.random.default_rng(1).integers(highest - 5, highest + 1, shape, dtype)
    codes.flat[0] = 0
    grey = Shades(codes, np.linspace(0, 1, highest + 1, dtype=np.float32), shape)
    for factor in (2, 3, 4, 5, 6, 9):
        expected = boxes_of(grey.pixels, factor)
        np.testing.assert_allclose(grey.reduced(factor), expected, atol=CLOSE)


def test_the_negative_is_the_negative_by_every_way() -> None:
    pixels = phantom().pixels
    codes = np.rint(pixels * 255).astype(np.uint8)
    shades = np.linspace(0, 1, 256, dtype=np.float32)
    for grey in (Pixels(pixels), Shades(codes, shades, codes.shape)):
        other = grey.negative()
        np.testing.assert_allclose(other.pixels, 1 - grey.pixels, atol=CLOSE)
        np.testing.assert_allclose(other.thumbnail, 1 - grey.thumbnail, atol=CLOSE)
        np.testing.assert_allclose(other.reduced(2), 1 - grey.reduced(2), atol=CLOSE)


def test_levels_are_percentiles_of_the_thumbnails() -> None:
    pixels, percents = phantom().pixels, (5, 50, 95)
    codes = np.rint(pixels * 255).astype(np.uint8)
    shades = np.linspace(1, 0, 256, dtype=np.float32) ** 2
    for grey in (Pixels(pixels), Shades(codes, shades, codes.shape)):
        shown, stored = grey.levels(percents), grey.stored_levels(percents)
        assert shown == pytest.approx(np.percentile(grey.thumbnail, percents), abs=1e-6)
        assert stored == pytest.approx(np.percentile(grey.stored_thumbnail, percents), abs=1e-6)
