"""Modality, VOI and presentation: what the greys become."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from radiograde.data.storage import Storage
from radiograde.model.reading.film_file import read
from tests.model.reading.films import film, phantom

TWELVE = Storage(12, windowed=False)
SIXTEEN = Storage(16, windowed=False)


def pixels(data: bytes) -> NDArray[np.float32]:
    return read(data).pixels


def codes(ds: Dataset) -> NDArray[np.uint16]:
    return np.frombuffer(ds.PixelData, "<u2", ds.Rows * ds.Columns).reshape(ds.Rows, ds.Columns)


def lut(first: int, entries: NDArray[np.uint16], bits: int) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [entries.size % 65536, first, bits])
    item.add_new("LUTData", "OW", entries.astype("<u2").tobytes())
    item.add_new("ModalityLUTType", "LO", "US")
    return item


@pytest.mark.parametrize(
    ("function", "expected"),
    [("LINEAR", (2048 - 1999.5) / 1199 + 0.5), ("LINEAR_EXACT", 0.04 + 0.5), ("SIGMOID", 0.539915)],
)
def test_window_functions(function: str, expected: float) -> None:
    def flatten(ds: Dataset) -> None:
        values = codes(ds).copy()
        values[10:20, 10:20] = 2048
        ds.PixelData = values.tobytes()

    data = film(
        TWELVE, WindowCenter=2000, WindowWidth=1200, VOILUTFunction=function, change=flatten
    )
    assert pixels(data)[15, 15] == pytest.approx(expected, abs=1e-5)


def test_the_first_of_several_windows_counts() -> None:
    one = pixels(film(TWELVE, WindowCenter=1500, WindowWidth=2000))
    several = film(TWELVE, WindowCenter=[1500, 40], WindowWidth=[2000, 400])
    assert np.array_equal(pixels(several), one)


@pytest.mark.parametrize(("centre", "width"), [(0, 0), (2000, -5), (90000, 100), (1000, 4e6)])
def test_a_nonsense_window_is_ignored(centre: float, width: float) -> None:
    data = film(TWELVE, WindowCenter=centre, WindowWidth=width)
    assert np.array_equal(pixels(data), pixels(film(TWELVE)))


@pytest.mark.parametrize(("centre", "width"), [(60000, 300), (-40000, 500), (9000, 100)])
def test_a_sigmoid_beside_the_data_is_ignored(centre: float, width: float) -> None:
    data = film(TWELVE, WindowCenter=centre, WindowWidth=width, VOILUTFunction="SIGMOID")
    assert np.array_equal(pixels(data), pixels(film(TWELVE)))


def test_rescale_and_its_window_cancel_out() -> None:
    plain = pixels(film(TWELVE, WindowCenter=2000, WindowWidth=3001))
    rescaled = film(
        TWELVE, RescaleSlope=2, RescaleIntercept=-100, WindowCenter=3900.5, WindowWidth=6001
    )
    assert np.abs(pixels(rescaled) - plain).max() < 1e-3


def test_modality_lut_is_applied_before_the_stretch() -> None:
    inverting = lut(0, np.arange(4095, -1, -1, dtype=np.uint16), 12)
    turned = film(
        Storage(12, "MONOCHROME1", windowed=False),
        ModalityLUTSequence=[inverting],
        PhotometricInterpretation="MONOCHROME2",
        PresentationLUTShape="IDENTITY",
    )
    assert np.abs(pixels(turned) - pixels(film(TWELVE))).max() < 1e-3


def test_voi_lut_comes_before_a_window() -> None:
    square = (np.arange(4096) ** 2 // 4096).astype(np.uint16)
    data = film(Storage(12), VOILUTSequence=[lut(0, square, 12)])
    assert np.abs(pixels(data) - phantom().pixels ** 2).max() < 2e-3


@pytest.mark.parametrize("signed", [True, False])
def test_the_first_value_of_a_lut_is_signed_where_the_values_are(signed: bool) -> None:
    """Signed pixels, or a rescale below zero: values from -2000 on, in a table of 1,500."""

    def lower(ds: Dataset) -> None:
        if signed:
            ds.PixelData = (codes(ds).astype(np.int16) - 2000).astype("<i2").tobytes()
            ds.PixelRepresentation, ds.BitsStored, ds.HighBit = 1, 16, 15
        else:
            ds.RescaleSlope, ds.RescaleIntercept = 1, -2000

    item = lut(-2000 & 0xFFFF, np.arange(1500, dtype=np.uint16), 11)
    expected = np.minimum(phantom().pixels * 4095, 1499) / 2047
    data = film(TWELVE, VOILUTSequence=[item], change=lower)
    assert np.abs(pixels(data) - expected).max() < 2e-3


def test_the_first_value_of_a_lut_is_unsigned_where_the_values_are() -> None:
    item = lut(40000, np.arange(25536, dtype=np.uint16), 15)
    data = film(SIXTEEN, VOILUTSequence=[item])
    expected = np.clip(phantom().pixels * 65535 - 40000, 0, None) / 32767
    assert np.abs(pixels(data) - expected).max() < 2e-3


def test_inverse_shape_and_monochrome1_invert_once() -> None:
    expected = pixels(film(TWELVE))
    for shape in ("INVERSE", "IDENTITY", None):
        storage = Storage(12, "MONOCHROME1", windowed=False)
        assert np.abs(pixels(film(storage, PresentationLUTShape=shape)) - expected).max() < 2e-3


def test_padding_is_black_and_leaves_the_range_alone() -> None:
    def pad(ds: Dataset) -> None:
        values = np.minimum(codes(ds), 65534)
        values[:, :40] = 65535
        ds.PixelData = values.tobytes()
        ds.add_new("PixelPaddingValue", "US", 65535)

    padded = pixels(film(SIXTEEN, change=pad))
    assert padded[:, :40].max() == 0
    assert np.abs(padded[:, 40:] - pixels(film(SIXTEEN))[:, 40:]).max() < 0.02


def test_padding_range() -> None:
    def pad(ds: Dataset) -> None:
        values = codes(ds).copy()
        values[:, :20], values[:, 20:40] = 60000, 65535
        ds.PixelData = values.tobytes()
        ds.add_new("PixelPaddingValue", "US", 60000)
        ds.add_new("PixelPaddingRangeLimit", "US", 65535)

    assert pixels(film(TWELVE, BitsStored=16, HighBit=15, change=pad))[:, :40].max() == 0


def test_bits_left_aligned_by_high_bit() -> None:
    def align(ds: Dataset) -> None:
        ds.PixelData = (codes(ds) << 4).tobytes()

    assert np.array_equal(pixels(film(TWELVE, HighBit=15, change=align)), pixels(film(TWELVE)))


def test_a_lying_high_bit_or_bits_stored_is_seen_through() -> None:
    expected = pixels(film(TWELVE))
    assert np.array_equal(pixels(film(TWELVE, HighBit=15)), expected)
    assert np.array_equal(pixels(film(TWELVE, BitsStored=10, HighBit=9)), expected)


def test_an_overlay_in_the_upper_bits_is_cut_off() -> None:
    def overlay(ds: Dataset) -> None:
        values = codes(ds).copy()
        values[50:60, 50:60] |= 0x8000
        ds.PixelData = values.tobytes()
        ds.add_new(0x60000010, "US", ds.Rows)

    assert np.array_equal(pixels(film(TWELVE, change=overlay)), pixels(film(TWELVE)))


def test_a_flat_film_is_read() -> None:
    data = film(TWELVE, PixelData=bytes(2 * phantom().pixels.size))
    assert pixels(data).max() == 0
