"""Maps come back as pages show them, and those of earlier versions to the bit."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from radiograde.model.scoring.result import Maps
from radiograde.service.films.archive import Archive
from radiograde.service.films.map_file import as_read_back, decoded, encoded, levels
from radiograde.service.storage.folder_storage import FolderStorage
from tests.service.fakes import maps

FILM = "01JARADMZ00000000000000000"


def drawn() -> Maps:
    """Return maps as smooth as a network's, of the shape of a film."""
    fine = np.random.default_rng(3).random((3, 128, 104))
    for axis in (1, 2) * 2:
        fine = np.mean([np.roll(fine, shift, axis) for shift in range(-8, 9)], axis=0)
    planes = np.clip(4 * fine - 1.5, 0, 1).astype(np.float32)
    return Maps(planes[0], planes[1:], (0.3, 0.6), 0.3)


def test_maps_come_back_rounded_to_what_a_page_shows(tmp_path: Path) -> None:
    archive = Archive(FolderStorage(tmp_path))
    kept = drawn()
    archive.keep_maps(FILM, kept)
    found = archive.maps(FILM)
    assert found is not None
    assert found.opacity.dtype == found.lungs.dtype == np.float32
    assert np.abs(found.lungs - kept.lungs).max() <= 0.5001 / 255
    assert np.abs(found.opacity - kept.opacity).max() < 1 / 255
    assert (found.borders, found.involved) == (kept.borders, kept.involved)
    assert np.array_equal(levels(found.lungs), levels(kept.lungs))


@pytest.mark.parametrize("involved", [0.0, 0.2, 0.25, 0.3333, 0.5, 1.0])
def test_no_point_changes_sides(involved: float) -> None:
    near = np.float32(involved) + np.linspace(-0.01, 0.01, 4001).astype(np.float32)
    kept = Maps(np.clip(near, 0, 1)[None], np.zeros((2, 1, 4001), np.float32), involved=involved)
    found = as_read_back(kept)
    assert np.array_equal(found.opacity > involved, kept.opacity > involved)


def test_what_is_foreseen_is_what_is_read() -> None:
    kept = drawn()
    found, foreseen = decoded(bytes(encoded(kept))), as_read_back(kept)
    assert np.array_equal(found.opacity, foreseen.opacity)
    assert np.array_equal(found.lungs, foreseen.lungs)
    again = as_read_back(foreseen)
    assert np.array_equal(again.opacity, foreseen.opacity)


def test_a_file_of_an_earlier_version_comes_back_to_the_bit(tmp_path: Path) -> None:
    kept = replace(drawn(), borders=(0.25, 0.75))
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        opacity=kept.opacity,
        lungs=kept.lungs,
        borders=np.array(kept.borders),
        involved=np.array(kept.involved),
    )
    archive = Archive(FolderStorage(tmp_path))
    archive.keep_document(FILM, "maps.npz", buffer.getvalue())
    found = archive.maps(FILM)
    assert found is not None
    assert np.array_equal(found.opacity, kept.opacity)
    assert np.array_equal(found.lungs, kept.lungs)
    assert (found.borders, found.involved) == (kept.borders, kept.involved)


def test_a_file_is_a_tenth_of_the_maps() -> None:
    for kept in (drawn(), maps()):
        assert len(encoded(kept)) < (kept.opacity.nbytes + kept.lungs.nbytes) / 10
