"""What a viewer is given: shown through the first display, it is what was graded."""

from __future__ import annotations

import io
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset

from radiograde.data.storage import Photometric, Storage, samples_of
from radiograde.model import errors
from radiograde.model.display.viewable import RANGE, Viewable, viewable
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film, read
from radiograde.model.reading.voi import Window
from tests.model.reading.films import LOSSLESS, film, negative, phantom
from tests.model.reading.test_radiograph_colour import as_colour, grey
from tests.model.reading.test_radiograph_fuzz import mutated
from tests.model.reading.test_radiograph_grey import codes, lut

TWELVE = Storage(12, windowed=False)
SIXTEEN = Storage(16, windowed=False)
A_GREY = 1 / 255


def viewed_film(data: bytes) -> Viewable:
    return viewable(open_film(data, Limits()))


def shown(film: Viewable) -> NDArray[np.float64]:
    """Return the film as its first display shows it: (H, W) in [0, 1]."""
    values = (film.pixels * film.slope + film.intercept).astype(np.float64)
    if film.lut is not None:
        grey = film.lut.apply(np.rint(values).astype(np.int64)) / film.lut.highest
    else:
        grey = film.windows[0][1].apply(values)
    return 1 - grey if film.inverted else grey


def check(data: bytes) -> Viewable:
    """Return the viewable film, which must show what was graded."""
    film, graded = viewed_film(data), read(data)
    assert film.pixels.dtype == np.uint16
    assert film.pixels.shape == graded.pixels.shape
    assert film.flipped == graded.flipped
    assert film.pixel_spacing_mm == graded.pixel_spacing_mm
    assert np.abs(shown(film) - graded.pixels).max() < A_GREY
    return film


@pytest.mark.parametrize("windowed", [True, False])
@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_every_storage(bits: int, photometric: Photometric, signed: bool, windowed: bool) -> None:
    storage = Storage(bits, photometric, signed=signed, windowed=windowed)
    honest = check(film(storage))
    assert honest.inverted == (photometric == "MONOCHROME1")
    lying = check(film(storage, of=negative()))
    assert lying.inverted != honest.inverted


@pytest.mark.parametrize("syntax", [*LOSSLESS, uid.JPEGExtended12Bit])
def test_every_transfer_syntax(syntax: uid.UID) -> None:
    check(film(Storage(12, transfer_syntax=syntax)))


def test_stored_values_are_kept_where_they_can_be() -> None:
    data = film(TWELVE, RescaleSlope=2, RescaleIntercept=-100)
    plain = check(data)
    assert (plain.slope, plain.intercept) == (2.0, -100.0)
    assert np.array_equal(plain.pixels, samples_of(phantom().pixels, TWELVE))
    assert plain.pixels.base is not None, "copied without need"
    signed = check(film(Storage(12, signed=True)))
    assert (signed.slope, signed.intercept) == (1.0, 0.0)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_files_own_windows(function: str) -> None:
    data = film(
        TWELVE,
        WindowCenter=[2000, 1500],
        WindowWidth=[1200, 800],
        WindowCenterWidthExplanation=["NORMAL", "LUNG"],
        VOILUTFunction=function,
    )
    assert check(data).windows == (
        ("NORMAL", Window(2000, 1200, function)),
        ("LUNG", Window(1500, 800, function)),
    )


def test_without_a_usable_window_the_range_comes_first() -> None:
    (name, window), *others = check(film(TWELVE)).windows
    assert (name, window.curve, others) == (RANGE, "LINEAR_EXACT", [])
    data = film(TWELVE, WindowCenter=[90000, 2000], WindowWidth=[10, 3000])
    names = [name for name, _ in check(data).windows]
    assert names == [RANGE, ""]


def test_a_window_beside_the_film_is_not_offered() -> None:
    data = film(TWELVE, WindowCenter=[2000, 90000, 1500], WindowWidth=[1200, 10, 800])
    assert [window.centre for _, window in check(data).windows] == [2000, 1500]


def test_thousands_of_windows_cost_nothing() -> None:
    many = film(TWELVE, WindowCenter=[2000] * 5000, WindowWidth=[3000] * 5000)
    began = time.process_time()
    assert len(check(many).windows) == 8
    assert time.process_time() - began < 4


def test_a_voi_lut_comes_before_the_windows() -> None:
    square = (np.arange(4096) ** 2 // 4096).astype(np.uint16)
    own = check(film(Storage(12), VOILUTSequence=[lut(0, square, 12)]))
    assert own.lut is not None
    assert [window.width for _, window in own.windows] == [4096]
    bare = check(film(TWELVE, VOILUTSequence=[lut(0, square, 12)]))
    assert [name for name, _ in bare.windows] == [RANGE]


@pytest.mark.parametrize("turned", [True, False])
def test_a_modality_lut_is_in_the_pixels(turned: bool) -> None:
    entries = np.arange(4096, dtype=np.uint16) * 16
    item = lut(0, entries[::-1].copy() if turned else entries, 16)
    check(film(TWELVE, ModalityLUTSequence=[item]))


def pad(value: int, last: int | None = None) -> Callable[[Dataset], None]:
    def change(ds: Dataset) -> None:
        stored = codes(ds).copy()
        stored[:, :40] = value
        ds.PixelData = stored.tobytes()
        ds.add_new("PixelPaddingValue", "US", value)
        if last is not None:
            ds.add_new("PixelPaddingRangeLimit", "US", last)

    return change


WINDOWS: list[dict[str, Any]] = [
    {},
    {"WindowCenter": 2000, "WindowWidth": 3000},
    {"WindowCenter": 2000, "WindowWidth": 9000},
    {"WindowCenter": 2000, "WindowWidth": 3000, "VOILUTFunction": "SIGMOID"},
    {"RescaleSlope": -1, "RescaleIntercept": 4095, "WindowCenter": 2000, "WindowWidth": 9000},
]


@pytest.mark.parametrize("elements", WINDOWS)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("value", [0, 65535])
def test_padding_is_black_through_every_window(
    value: int, photometric: Photometric, elements: dict[str, Any]
) -> None:
    data = film(Storage(12, photometric, windowed=False), change=pad(value), **elements)
    padded = check(data)
    assert np.unique(padded.pixels[:, :40]).size == 1


def test_padding_stays_near_the_film_so_that_counting_pixels_is_not_misled() -> None:
    padded = check(film(TWELVE, WindowCenter=2000, WindowWidth=3000, change=pad(65535)))
    assert padded.pixels.max() < 4096


def test_padding_of_all_sixteen_bits() -> None:
    check(film(SIXTEEN, change=pad(0)))
    check(film(SIXTEEN, change=pad(65000, 65535)))


def test_padding_of_a_table() -> None:
    falling = (4095 - np.arange(4096)).astype(np.uint16)
    check(film(TWELVE, VOILUTSequence=[lut(0, falling, 12)], change=pad(0)))


@pytest.mark.parametrize(
    ("stated", "flipped"),
    [("L\\F", (False, False)), ("R\\F", (False, True)), ("R\\H", (True, True))],
)
def test_upright_and_said_to_be(stated: str, flipped: tuple[bool, bool]) -> None:
    turned = check(film(PatientOrientation=stated.split("\\")))
    assert turned.sides_known
    assert turned.flipped == flipped


@pytest.mark.parametrize("stated", [None, ["F", "L"]])
def test_sides_that_nobody_tells(stated: list[str] | None) -> None:
    assert not check(film(PatientOrientation=stated)).sides_known


def test_colour_is_shown_in_grey() -> None:
    neutral = np.full_like(grey(), 128)
    check(as_colour(np.stack([grey()] * 3, axis=-1), "RGB"))
    check(as_colour(np.stack((grey(), neutral, neutral), axis=-1), "YBR_FULL"))


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "1", "LA"])
@pytest.mark.parametrize("turned", [True, False])
def test_pictures(mode: str, turned: bool) -> None:
    greys = negative().pixels if turned else phantom().pixels
    if mode == "I;16":
        picture = Image.fromarray(np.rint(greys * 65535).astype(np.uint16))
    else:
        picture = Image.fromarray(np.rint(greys * 255).astype(np.uint8)).convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    viewed = check(buffer.getvalue())
    assert viewed.windows[0][0] == RANGE
    assert not viewed.sides_known
    assert viewed.inverted == turned


def test_a_jpeg() -> None:
    buffer = io.BytesIO()
    Image.fromarray(grey()).save(buffer, "JPEG")
    assert check(buffer.getvalue()).pixels.max() <= 255


def test_a_tiny_film() -> None:
    tiny = check(film(change=lambda ds: _shrink(ds)))
    assert tiny.pixels.shape == (3, 5)


def _shrink(ds: Dataset) -> None:
    ds.PixelData = codes(ds)[100:103, 100:105].tobytes()
    ds.Rows, ds.Columns = 3, 5


def test_an_absurd_slope_is_said_to_be() -> None:
    with pytest.raises(errors.MalformedImageError, match="slope"):
        viewed_film(film(TWELVE, RescaleSlope="1e306", RescaleIntercept="1e306"))


@pytest.mark.parametrize("data", [b"", b"nothing", film()[:-500]])
def test_what_cannot_be_read(data: bytes) -> None:
    with pytest.raises(errors.UnreadableError):
        viewed_film(data)


def test_only_our_errors_escape_and_every_number_is_finite() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for changed in mutated(film(Storage(12)), seed=7):
            try:
                viewed = viewed_film(changed)
            except errors.RadiogradeError:
                continue
            numbers = [viewed.slope, viewed.intercept]
            numbers += [n for _, window in viewed.windows for n in (window.centre, window.width)]
            assert np.isfinite(numbers).all()


def test_real_films(shared: Path) -> None:
    films = sorted((shared / "dicom").rglob("*.dcm"))
    assert films
    for path in films:
        if path.parent.name == "broken" or path.stat().st_size > 6_000_000:
            continue
        try:
            check(path.read_bytes())
        except errors.RadiogradeError as error:
            with pytest.raises(type(error)):
                read(path)


def test_a_large_plain_film_is_ready_at_once() -> None:
    """Seven megapixels; the bound is loose, for machines that are busy."""
    rng = np.random.default_rng(0)
    stored = rng.integers(0, 4096, (3052, 2300), dtype=np.uint16)

    def enlarge(ds: Dataset) -> None:
        ds.Rows, ds.Columns = stored.shape
        ds.PixelData = stored.tobytes()

    data = film(TWELVE, change=enlarge)
    began = time.process_time()
    viewed = viewed_film(data)
    assert time.process_time() - began < 4
    assert np.array_equal(viewed.pixels, stored)


@pytest.mark.parametrize(
    ("elements", "origin"),
    [
        ({"ImagerPixelSpacing": [0.2, 0.2]}, "detector"),
        ({"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.2, 0.2]}, "detector"),
        ({"ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.18, 0.18]}, "calibrated"),
        ({"PixelSpacing": [0.2, 0.2], "PixelSpacingCalibrationType": "FIDUCIAL"}, "calibrated"),
        ({"PixelSpacing": [0.2, 0.2]}, "unstated"),
        ({"PixelSpacing": [0, 0], "ImagerPixelSpacing": [0.2, 0.2]}, "detector"),
        ({"NominalScannedPixelSpacing": [0.2, 0.2]}, "scanned"),
        ({}, None),
    ],
)
def test_a_spacing_says_where_it_was_measured(elements: dict[str, Any], origin: str | None) -> None:
    def change(ds: Dataset) -> None:
        for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
            if keyword in ds:
                delattr(ds, keyword)
        for keyword, value in elements.items():
            setattr(ds, keyword, value)

    viewed = viewed_film(film(TWELVE, change=change))
    assert viewed.spacing_origin == origin
    assert (viewed.pixel_spacing_mm is None) == (origin is None)
