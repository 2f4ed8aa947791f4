"""Drawn films that are each wrong in one way, and what is read of them."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from radiograde.data.storage import Storage
from radiograde.model.errors import MalformedImageError, RadiogradeError
from radiograde.model.reading.film_file import read
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.input_check import check_film
from tests.model.reading.films import film

DEEP = Storage(12, windowed=False)


def clean() -> NDArray[np.float32]:
    return read(film(DEEP)).pixels


def with_samples(change: Callable[[NDArray[np.uint16]], NDArray[Any]]) -> bytes:
    def rewrite(ds: Dataset) -> None:
        samples = np.frombuffer(ds.PixelData, "<u2", ds.Rows * ds.Columns)
        changed = change(samples.reshape(ds.Rows, ds.Columns).copy())
        ds["PixelData"].value = changed.astype("<u2").tobytes()

    return film(DEEP, change=rewrite)


def overlay(samples: NDArray[np.uint16]) -> NDArray[np.uint16]:
    samples[20:60, 30:90] |= 0x1000
    return samples


def noise(samples: NDArray[np.uint16]) -> NDArray[Any]:
    random = np.random.default_rng(1).integers(0, 16, samples.shape)
    return samples | (random << 12).astype(np.uint16)


def stray(samples: NDArray[np.uint16]) -> NDArray[Any]:
    return samples | ((np.random.default_rng(2).random(samples.shape) < 0.05) << 12)


@pytest.mark.parametrize("change", [overlay, noise, stray, lambda samples: samples | 0xF000])
def test_what_lies_above_bits_stored_is_no_pixel(
    change: Callable[[NDArray[np.uint16]], NDArray[Any]],
) -> None:
    assert np.array_equal(read(with_samples(change)).pixels, clean())


def test_an_understated_depth_is_seen() -> None:
    understated = film(DEEP, BitsStored=10, HighBit=9)
    assert np.abs(read(understated).pixels - clean()).max() < 0.002


def test_twos_complement_is_seen_where_the_header_says_unsigned() -> None:
    def signed(ds: Dataset) -> None:
        samples = np.frombuffer(ds.PixelData, "<u2").astype(np.int32) - 2048
        ds["PixelData"].value = samples.astype("<i2").tobytes()
        ds.BitsStored, ds.HighBit = 16, 15

    assert np.abs(read(film(DEEP, change=signed)).pixels - clean()).max() < 0.002


def test_white_beside_black_is_not_twos_complement() -> None:
    def framed(samples: NDArray[np.uint16]) -> NDArray[np.uint16]:
        dark = samples // 4
        dark[:20] = 4095
        dark[20:30] = 0
        return dark

    pixels = read(with_samples(framed)).pixels
    assert pixels[:18].min() == 1
    assert pixels[22:28].max() == 0


def after(element: bytes) -> Callable[[bytes], bytes]:
    """Return a change of a film that puts bytes before (0010,0010)."""

    def put(content: bytes) -> bytes:
        at = content.index(b"\x10\x00\x10\x00PN")
        return content[:at] + element + content[at:]

    return put


SEQUENCE = struct.pack("<HH2sH", 0x0008, 0x9215, b"SQ", 0)
EMPTY_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


@pytest.mark.parametrize(
    "element",
    [
        struct.pack("<HHHH", 0x0009, 0x1000, 0, 2) + b"AB",
        struct.pack("<HH2sH", 0x0009, 0x1000, b"  ", 2) + b"AB",
        struct.pack("<HHI", 0x0009, 0x1000, 2) + b"AB",
        # A sequence of one empty item whose length leaves its end out, or is too long.
        SEQUENCE + struct.pack("<I", 4) + EMPTY_ITEM,
        SEQUENCE + struct.pack("<I", 20) + EMPTY_ITEM,
        SEQUENCE + struct.pack("<I", 0xFFFFFFFF) + EMPTY_ITEM + END,
    ],
)
def test_one_odd_element_costs_only_itself(element: bytes) -> None:
    assert np.array_equal(read(after(element)(film(DEEP))).pixels, clean())


def test_an_element_that_cannot_be_passed_is_named() -> None:
    element = struct.pack("<HHHH", 0x0009, 0x1000, 0, 7) + b"AB"
    with pytest.raises(MalformedImageError, match=r"\(0009,1000\)"):
        read(after(element)(film(DEEP)))


def nested(depth: int) -> bytes:
    begin = SEQUENCE + struct.pack("<IHHI", 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF)
    return begin * depth


@pytest.mark.parametrize(
    "element",
    [SEQUENCE + struct.pack("<I", 0xFFFFFFFF) + EMPTY_ITEM * 490_000 + END, nested(5000)],
)
def test_items_are_counted_at_every_depth(element: bytes) -> None:
    content = after(element)(film(DEEP))
    started = time.process_time()
    with pytest.raises(RadiogradeError):
        read(content)
    assert time.process_time() - started < 2


def codes(radiograph: Radiograph) -> set[tuple[str, str]]:
    return {(reason.code, reason.level) for reason in check_film(radiograph).reasons}


@pytest.mark.parametrize(
    "elements",
    [
        {"ImagePositionPatient": [0, 0, 1]},
        {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
        {"SliceThickness": 5},
        {"SpacingBetweenSlices": 6},
        {"SliceLocation": 0},
    ],
)
def test_elements_of_slices_prove_a_cross_section(elements: dict[str, Any]) -> None:
    assert ("not_radiograph", "reject") in codes(read(film(DEEP, **elements)))


def test_an_empty_slice_thickness_proves_nothing() -> None:
    assert not read(film(DEEP, SliceThickness="", SpacingBetweenSlices=0)).cross_section


@pytest.mark.parametrize("age", ["000D", "000W", "000M"])
def test_no_days_of_age_are_a_newborns(age: str) -> None:
    assert ("child", "reject") in codes(read(film(DEEP, PatientAge=age, PatientBirthDate="")))


def test_dates_decide_beside_an_age_of_zero() -> None:
    grown = read(film(DEEP, PatientAge="000Y", PatientBirthDate="19740101", StudyDate="20240101"))
    born = read(film(DEEP, PatientAge="", PatientBirthDate="20240101", StudyDate="20240101"))
    assert grown.age_years == pytest.approx(50, abs=0.1)
    assert born.age_years == 0


@pytest.mark.parametrize("stated", [["A", "H"], ["P", "F"], ["H", "A"]])
def test_a_lateral_orientation_leaves_the_sides_unsure(stated: list[str]) -> None:
    radiograph = read(film(DEEP, PatientOrientation=stated, ViewPosition="PA"))
    assert "orientation_unsure" in {note.code for note in radiograph.notes}


@pytest.mark.parametrize(("slope", "intercept"), [("1e308", "0"), ("1e305", "-1.79e308")])
def test_a_rescale_beyond_all_bounds_is_named(slope: str, intercept: str) -> None:
    with pytest.raises(MalformedImageError, match="rescale"):
        read(film(DEEP, RescaleSlope=slope, RescaleIntercept=intercept))


def test_two_pages_are_two_frames() -> None:
    def doubled(ds: Dataset) -> None:
        ds["PixelData"].value = ds.PixelData * 2

    assert read(film(DEEP, change=doubled)).frames == 2


def test_the_spacing_says_how_high_the_pixels_are() -> None:
    assert read(film(DEEP, ImagerPixelSpacing=[0.3, 0.15])).pixel_aspect == 2
    assert read(film(DEEP, ImagerPixelSpacing=[0.15, 0.1501])).pixel_aspect == 1
