"""Mirrored and upside-down films are set upright, by PatientOrientation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from radiograde.model.reading.film_file import read
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.input_check import check_film
from tests.model.reading.films import film


def stored_flipped(axes: tuple[int, ...], orientation: object) -> Radiograph:
    def flip(ds: Dataset) -> None:
        words = np.frombuffer(ds.PixelData, "<u2", ds.Rows * ds.Columns)
        ds.PixelData = np.flip(words.reshape(ds.Rows, ds.Columns), axes).tobytes()

    return read(film(change=flip, PatientOrientation=orientation))


@pytest.mark.parametrize(
    ("orientation", "axes", "codes"),
    [
        (["L", "F"], (), []),
        (["R", "F"], (1,), ["mirrored"]),
        (["L", "H"], (0,), ["upside_down"]),
        (["R", "H"], (0, 1), ["upside_down", "mirrored"]),
    ],
)
def test_the_film_comes_out_upright(
    orientation: list[str], axes: tuple[int, ...], codes: list[str]
) -> None:
    radiograph = stored_flipped(axes, orientation)
    assert np.array_equal(radiograph.pixels, read(film()).pixels)
    assert radiograph.flipped == (0 in axes, 1 in axes)
    assert [note.code for note in radiograph.notes] == codes
    assert all(note.level == "warn" for note in radiograph.notes)
    assert check_film(radiograph).in_scope


@pytest.mark.parametrize("orientation", [["LF", "FR"], ["F", "R"], ["L", "FA"]])
def test_a_film_askew_is_left_with_a_warning(orientation: list[str]) -> None:
    radiograph = read(film(PatientOrientation=orientation))
    assert np.array_equal(radiograph.pixels, read(film()).pixels)
    assert [(note.code, note.level) for note in radiograph.notes] == [
        ("orientation_unsure", "warn")
    ]


@pytest.mark.parametrize(
    "orientation", [None, "", "L", "R", ["R", ""], ["R", "F", "F"], ["X", "Y"]]
)
def test_no_or_a_malformed_orientation_says_nothing(orientation: object) -> None:
    radiograph = read(film(PatientOrientation=orientation))
    assert radiograph.flipped == (False, False)
    assert radiograph.notes == ()


def test_no_real_film_is_flipped(shared: Path) -> None:
    paths = sorted((shared / "dicom/chest").glob("*.dcm"))
    assert len(paths) == 12
    assert [read(path).flipped for path in paths] == [(False, False)] * 12
