"""Masks lie on the film that the network sees, whichever way the film is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiograde.data.errors import ManifestError
from radiograde.data.film import Film
from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.training.dataset.film_cache import decode_film, open_film_cache

SPEC = Preprocessing(size=96)
PHANTOM = draw(PhantomSpec(128, 112, seed=3))


def stored(folder: Path, orientation: tuple[str, str]) -> Film:
    """Return a DICOM film stored in this orientation, its masks drawn on it as it is stored."""
    rows, columns = (-1 if orientation[1] == "H" else 1), (-1 if orientation[0] == "R" else 1)
    ds = to_dicom(PHANTOM)
    ds.PixelData = np.ascontiguousarray(ds.pixel_array[::rows, ::columns]).tobytes()
    ds.PatientOrientation = list(orientation)
    ds.save_as(folder / "film.dcm", enforce_file_format=True)
    paths = folder / "right.png", folder / "left.png"
    for path, lung in zip(paths, PHANTOM.lungs, strict=True):
        Image.fromarray(lung[::rows, ::columns].astype(np.uint8)).save(path)
    return Film(folder / "film.dcm", "P1", right_lung_mask=paths[0], left_lung_mask=paths[1], row=2)


@pytest.mark.parametrize("orientation", [("R", "F"), ("L", "H"), ("R", "H")])
def test_masks_turn_with_their_film(tmp_path: Path, orientation: tuple[str, str]) -> None:
    (tmp_path / "upright").mkdir()
    expected, frame = decode_film(stored(tmp_path / "upright", ("L", "F")), SPEC)
    cell, turned = decode_film(stored(tmp_path, orientation), SPEC)
    assert turned == frame
    assert expected[1:].any((1, 2)).all()
    assert (cell[1:] != expected[1:]).mean() < 0.01
    assert np.abs(cell[0].astype(int) - expected[0]).mean() < 2


def test_a_mask_that_does_not_fit_is_named(tmp_path: Path) -> None:
    film = stored(tmp_path, ("L", "F"))
    Image.new("L", (200, 100), 255).save(tmp_path / "left.png")
    with pytest.raises(ManifestError, match="row 2, lung_mask: The mask has 200 x 100 pixels"):
        open_film_cache((film,), SPEC, tmp_path / "cache", "digest")


def test_pixels_that_are_not_square_are_set_right_as_in_service(tmp_path: Path) -> None:
    expected, frame = decode_film(stored(tmp_path, ("L", "F")), SPEC)
    ds = to_dicom(PHANTOM)
    ds.PixelData = np.ascontiguousarray(ds.pixel_array[::2]).tobytes()
    ds.Rows //= 2
    if "PixelSpacing" in ds:
        del ds.PixelSpacing
    ds.ImagerPixelSpacing = [0.4, 0.2]
    ds.save_as(tmp_path / "low.dcm", enforce_file_format=True)
    cell, found = decode_film(Film(tmp_path / "low.dcm", "P1", row=2), SPEC)
    assert found == frame
    assert np.abs(cell[0].astype(int) - expected[0]).mean() < 6
