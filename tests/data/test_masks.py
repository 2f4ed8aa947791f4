"""Masks in every encoding that people save, turned with their film, and refused where unsure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pydicom.dataset import Dataset

from radiograde.data.errors import MaskError
from radiograde.data.film import Box, Film
from radiograde.data.film_header import FilmHeader, read_header
from radiograde.data.masks import check_meanings, read_lungs, read_region
from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.model.errors import MissingPixelsError, UnreadableError
from radiograde.model.reading.film_file import read

ROWS, COLUMNS = 120, 100
ORIENTATION = 0x0112
FLIPS = {("L", "F"): 1, ("R", "F"): 2, ("R", "H"): 3, ("L", "H"): 4}


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return draw(PhantomSpec(ROWS, COLUMNS, seed=2))


@pytest.fixture(scope="module")
def labels(phantom: Phantom) -> NDArray[np.uint8]:
    """1 in the right lung, 2 in the left one."""
    right, left = phantom.lungs.astype(np.uint8)
    values: NDArray[np.uint8] = right + 2 * left
    return values


def masked(folder: Path, phantom: Phantom, mask: Image.Image, **facts: Any) -> Film:
    """Return an upright film in PNG with a lung mask beside it; the heart is said to be in."""
    Image.fromarray(grey(phantom)).save(folder / "film.png")
    name = facts.pop("name", "mask.png")
    mask.save(folder / name)
    facts = {"heart_in_mask": True, "lung_mask": folder / name} | facts
    return Film(folder / "film.png", "P1", **facts)


def grey(phantom: Phantom) -> NDArray[np.uint8]:
    return (phantom.pixels * 255).astype(np.uint8)


def refusal(film: Film) -> str:
    with pytest.raises(MaskError) as caught:
        read_lungs(film)
    return caught.value.message


@pytest.mark.parametrize(
    ("right", "left"), [(1, 2), (1, 1), (255, 255), (100, 100), (3, 3), (65535, 65535)]
)
def test_values_are_taken_for_what_they_can_only_be(
    tmp_path: Path, phantom: Phantom, labels: NDArray[np.uint8], right: int, left: int
) -> None:
    values = np.array([0, right, left], np.uint16 if left > 255 else np.uint8)[labels]
    found = read_lungs(masked(tmp_path, phantom, Image.fromarray(values)))
    np.testing.assert_array_equal(found.lungs, phantom.lungs)
    assert found.known.all()


@pytest.mark.parametrize(
    ("values", "stated"),
    [
        ((0, 10, 20), "right=10 left=20"),
        ((7, 2, 1), "right=2, left=1"),
        ((0, 3, 3), "lungs=3; ignore=9"),
        ((255, 0, 0), "lungs=0"),
    ],
)
def test_stated_values_mean_what_is_said(
    tmp_path: Path,
    phantom: Phantom,
    labels: NDArray[np.uint8],
    values: tuple[int, ...],
    stated: str,
) -> None:
    mask = Image.fromarray(np.array(values, np.uint8)[labels])
    found = read_lungs(masked(tmp_path, phantom, mask, mask_values=stated))
    np.testing.assert_array_equal(found.lungs, phantom.lungs)


@pytest.mark.parametrize("stated", ["right=1", "lungs", "lung=1", "lungs=1 right=2", "ignore=127"])
def test_a_statement_that_says_too_little_is_refused(stated: str) -> None:
    with pytest.raises(MaskError, match="is written as"):
        check_meanings(stated)
    check_meanings("")


def test_127_is_nobody_knows(tmp_path: Path, phantom: Phantom, labels: NDArray[np.uint8]) -> None:
    values = np.where(labels, 255, 0).astype(np.uint8)
    values[:5] = 127
    found = read_lungs(masked(tmp_path, phantom, Image.fromarray(values)))
    np.testing.assert_array_equal(found.lungs, phantom.lungs)
    assert not found.known[:5].any()
    assert found.known[5:].all()


@pytest.mark.parametrize("colours", [(0, 0, 0, 255, 0, 0, 0, 255, 0), (0, 0, 0, 1, 1, 1, 2, 2, 2)])
def test_a_palette_speaks_by_its_places_or_its_greys(
    tmp_path: Path, phantom: Phantom, labels: NDArray[np.uint8], colours: tuple[int, ...]
) -> None:
    mask = Image.fromarray(labels).convert("P")
    mask.putpalette(colours)
    found = read_lungs(masked(tmp_path, phantom, mask))
    np.testing.assert_array_equal(found.lungs, phantom.lungs)


def test_a_grey_palette_may_be_in_any_order(
    tmp_path: Path, phantom: Phantom, labels: NDArray[np.uint8]
) -> None:
    mask = Image.fromarray((labels == 0).astype(np.uint8)).convert("P")
    mask.putpalette((255, 255, 255, 0, 0, 0))
    found = read_lungs(masked(tmp_path, phantom, mask))
    np.testing.assert_array_equal(found.lungs, phantom.lungs)


@pytest.mark.parametrize("name", ["mask.jpg", "mask.gif", "mask.bmp", "mask.tiff"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_formats_and_soft_edges(
    tmp_path: Path, phantom: Phantom, labels: NDArray[np.uint8], name: str, mode: str
) -> None:
    mask = Image.fromarray(np.where(labels, 255, 0).astype(np.uint8)).convert(mode)
    found = read_lungs(masked(tmp_path, phantom, mask, name=name))
    assert (found.lungs != phantom.lungs).mean() < 0.01


@pytest.mark.parametrize("scale", [0.5, 2.0, 1.37])
def test_a_mask_of_the_same_proportions_fits(
    tmp_path: Path, phantom: Phantom, labels: NDArray[np.uint8], scale: float
) -> None:
    mask = Image.fromarray(labels).resize((round(COLUMNS * scale), round(ROWS * scale)), 0)
    assert read_lungs(masked(tmp_path, phantom, mask)).lungs.shape[1:] == mask.size[::-1]


@pytest.mark.parametrize("size", [(ROWS, COLUMNS), (COLUMNS, COLUMNS), (COLUMNS, ROWS + 3)])
def test_a_mask_of_other_proportions_is_refused(
    tmp_path: Path, phantom: Phantom, labels: NDArray[np.uint8], size: tuple[int, int]
) -> None:
    mask = Image.fromarray(labels).resize(size, Image.Resampling.NEAREST)
    assert refusal(masked(tmp_path, phantom, mask)) == (
        f"The mask has {size[0]} x {size[1]} pixels, its film {COLUMNS} x {ROWS}: "
        "a mask is drawn on the stored film."
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0, 1, 3), "holds the values 0, 1, 3. Say in mask_values"),
        ((0, 100, 200), "holds the values 0, 100, 200"),
        ((1, 2, 2), "holds the values 1, 2"),
        ((0, 0, 0), "No pixel of the mask is lung."),
        ((0, 2, 1), "The right lung lies on the wrong side"),
    ],
)
def test_a_mask_that_could_mean_several_things_is_refused(
    tmp_path: Path,
    phantom: Phantom,
    labels: NDArray[np.uint8],
    values: tuple[int, ...],
    message: str,
) -> None:
    mask = Image.fromarray(np.array(values, np.uint8)[labels])
    assert message in refusal(masked(tmp_path, phantom, mask))


def test_noise_is_no_mask(tmp_path: Path, phantom: Phantom) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (ROWS, COLUMNS)).astype(np.uint8)
    assert "0, 1, 2, 3..." in refusal(masked(tmp_path, phantom, Image.fromarray(noise)))
    colours = Image.new("RGB", (COLUMNS, ROWS))
    colours.putpixel((0, 0), (255, 0, 0))
    assert "in colour" in refusal(masked(tmp_path, phantom, colours))


def test_what_is_no_picture_is_refused(tmp_path: Path, phantom: Phantom) -> None:
    film = masked(tmp_path, phantom, Image.new("L", (COLUMNS, ROWS)))
    (tmp_path / "mask.png").write_bytes(b"no picture")
    assert refusal(film) == "The mask cannot be read. Save it as PNG."


def test_two_files_hold_a_lung_each(tmp_path: Path, phantom: Phantom) -> None:
    film = masked(tmp_path, phantom, Image.new("L", (COLUMNS, ROWS)), lung_mask=None)
    paths = [tmp_path / "right.png", tmp_path / "left.png"]
    for path, lung in zip(paths, phantom.lungs, strict=True):
        Image.fromarray(np.uint8(lung)).save(path)
    both = Film(film.image, "P1", right_lung_mask=paths[0], left_lung_mask=paths[1])
    np.testing.assert_array_equal(read_lungs(both).lungs, phantom.lungs)
    swapped = Film(film.image, "P1", right_lung_mask=paths[1], left_lung_mask=paths[0])
    assert "wrong side" in refusal(swapped)
    assert "other lung is missing" in refusal(Film(film.image, "P1", left_lung_mask=paths[1]))


@pytest.mark.parametrize(
    ("value", "heart_in", "filled"),
    [(2, None, True), (2, True, False), (2, False, True), (1, None, False), (1, False, True)],
)
def test_the_heart_is_filled_in_as_stated(
    tmp_path: Path, phantom: Phantom, value: int, heart_in: bool | None, filled: bool
) -> None:
    mask = np.uint8(phantom.lungs[0]) + value * np.uint8(phantom.lungs[1])
    film = masked(tmp_path, phantom, Image.fromarray(mask), heart_in_mask=heart_in)
    found = read_lungs(film).lungs
    assert found[phantom.lungs].all()
    assert bool(found.sum() > phantom.lungs.sum()) is filled


@pytest.mark.parametrize("turned", FLIPS)
def test_masks_and_boxes_are_turned_with_a_dicom_film(
    tmp_path: Path, phantom: Phantom, labels: NDArray[np.uint8], turned: tuple[str, str]
) -> None:
    rows, columns = (-1 if turned[1] == "H" else 1), (-1 if turned[0] == "R" else 1)
    ds = to_dicom(phantom)
    ds.PixelData = np.ascontiguousarray(ds.pixel_array[::rows, ::columns]).tobytes()
    ds.PatientOrientation = list(turned)
    write(tmp_path / "film.dcm", ds)
    Image.fromarray(labels[::rows, ::columns]).save(tmp_path / "mask.png")
    film = Film(tmp_path / "film.dcm", "P1", lung_mask=tmp_path / "mask.png", heart_in_mask=True)
    header = read_header(film.image)
    assert header == FilmHeader(ROWS, COLUMNS, FLIPS[turned], "PA")
    np.testing.assert_array_equal(read_lungs(film).lungs, phantom.lungs)
    shown = read(film.image).pixels
    stored = ds.pixel_array
    np.testing.assert_allclose(shown, header.upright(stored) / 4095, atol=2e-3)
    check_box(header, stored)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_masks_and_boxes_are_turned_with_an_exif_film(
    tmp_path: Path,
    phantom: Phantom,
    labels: NDArray[np.uint8],
    orientation: int,
    suffix: str,
) -> None:
    stored = {
        name: Image.fromarray(untransposed(pixels, orientation))
        for name, pixels in (("film", grey(phantom)), ("mask", labels))
    }
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored["film"].save(tmp_path / f"film.{suffix}", exif=exif)
    stored["mask"].save(tmp_path / "mask.png")
    film = Film(
        tmp_path / f"film.{suffix}", "P1", lung_mask=tmp_path / "mask.png", heart_in_mask=True
    )
    header = read_header(film.image)
    assert header.orientation == orientation
    assert read(film.image).pixels.shape == (ROWS, COLUMNS)
    np.testing.assert_array_equal(read_lungs(film, header).lungs, phantom.lungs)
    check_box(header, np.asarray(stored["mask"]))


def untransposed(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Return pixels that EXIF's orientation sets upright, by Pillow's own rule."""
    for undone in range(1, 9):
        picture, exif = Image.fromarray(pixels), Image.Exif()
        exif[ORIENTATION] = undone
        picture.getexif()[ORIENTATION] = undone
        stored = ImageOps.exif_transpose(picture)
        stored.getexif()[ORIENTATION] = orientation
        if np.array_equal(np.asarray(ImageOps.exif_transpose(stored)), pixels):
            return np.asarray(stored)
    raise AssertionError(orientation)


def test_the_exif_of_a_png_may_stand_behind_its_pixels(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.new("L", (COLUMNS, ROWS)).save(tmp_path / "early.png", exif=exif)
    content = (tmp_path / "early.png").read_bytes()
    start = content.index(b"eXIf") - 4
    end = start + 12 + int.from_bytes(content[start : start + 4], "big")
    last = content.index(b"IEND") - 4
    late = content[:start] + content[end:last] + content[start:end] + content[last:]
    (tmp_path / "late.png").write_bytes(late)
    for name in ("early.png", "late.png"):
        assert read_header(tmp_path / name).orientation == 6
        assert read(tmp_path / name).pixels.shape == (COLUMNS, ROWS)


def check_box(header: FilmHeader, stored: NDArray[Any]) -> None:
    """A box around marked pixels of the stored film lies around them in the shown one."""
    marked = np.zeros(stored.shape, bool)
    marked[10:25, 30:70] = True
    shown = header.upright(marked)
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    expected = Box(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    assert header.upright_box(Box(30, 10, 70, 25)) == expected


def test_a_region_may_be_empty(tmp_path: Path) -> None:
    header = FilmHeader(ROWS, COLUMNS)
    Image.new("L", (COLUMNS, ROWS)).save(tmp_path / "mask.png")
    assert not read_region(tmp_path / "mask.png", header).any()
    region = np.zeros((ROWS, COLUMNS), np.uint8)
    region[10:20, 30:50] = 255
    Image.fromarray(region).save(tmp_path / "mask.jpg")
    assert abs(int(read_region(tmp_path / "mask.jpg", header).sum()) - 200) < 20


def test_a_film_without_a_header_says_so(tmp_path: Path) -> None:
    for content in (b"", b"nothing of a film", b"\x89PNG\r\n\x1a\n"):
        (tmp_path / "film").write_bytes(content)
        with pytest.raises(UnreadableError):
            read_header(tmp_path / "film")


def test_a_header_without_rows_says_so(tmp_path: Path, phantom: Phantom) -> None:
    ds = to_dicom(phantom)
    del ds.Rows
    ds.save_as(tmp_path / "film.dcm")
    with pytest.raises(MissingPixelsError):
        read_header(tmp_path / "film.dcm")


def write(path: Path, ds: Dataset) -> None:
    ds.save_as(path, enforce_file_format=True)
