"""Masks that a model draws: on the film as it is stored, in a manifest that joins the films."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from radiograde.command import main
from radiograde.data.manifest import load
from radiograde.data.masks import read_lungs
from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.scoring.result import Maps
from radiograde.training.model_masks import lungs_of

UPSIDE_DOWN = 3
"""EXIF's Orientation of a film that was stored upside down."""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drawn films without masks, the second stored upside down, and one that has a mask."""
    folder = tmp_path_factory.mktemp("films")
    pixels = draw(PhantomSpec(rows=300, columns=280, seed=3)).pixels
    picture = Image.fromarray(np.rint(pixels * 255).astype(np.uint8))
    for name in ("upright", "outlined"):
        picture.save(folder / f"{name}.png")
    exif = Image.Exif()
    exif[0x0112] = UPSIDE_DOWN
    picture.rotate(180).save(folder / "turned.png", exif=exif)
    mask = np.zeros((300, 280), np.uint8)
    mask[50:200, 40:100] = 255
    mask[50:200, 180:240] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    rows = "upright.png,P1,\nturned.png,P2,\noutlined.png,P3,mask.png\n"
    (folder / "labels.csv").write_text(f"image,patient,lung_mask\n{rows}")
    return folder


@pytest.fixture(scope="module")
def drawn(films: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("drawn") / "masks"
    done = CliRunner().invoke(main, ["data", "masks", str(films), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "2 lung masks for 2 films" in done.output
    return out


def test_films_without_a_mask_have_one_and_the_others_keep_theirs(films: Path, drawn: Path) -> None:
    joined = {film.image.stem: film for film in load(films, drawn).films}
    assert set(joined) == {"upright", "turned", "outlined"}
    assert all(film.has_lung_masks for film in joined.values())
    assert joined["outlined"].lung_mask == films / "mask.png"
    with (drawn / "labels.csv").open(newline="") as file:
        assert {row["heart_in_mask"] for row in csv.DictReader(file)} == {"yes"}


def test_a_mask_lies_on_its_film_whichever_way_that_is_stored(films: Path, drawn: Path) -> None:
    joined = {film.image.stem: film for film in load(films, drawn).films}
    upright, turned = (read_lungs(joined[name]).lungs for name in ("upright", "turned"))
    both = (upright & turned).sum() * 2 / (upright.sum() + turned.sum())
    assert both > 0.95
    truth = draw(PhantomSpec(rows=300, columns=280, seed=3)).lungs
    overlap = 2 * (upright & truth).sum() / (upright.sum() + np.sum(truth))
    assert overlap > 0.8


def test_a_folder_that_holds_something_is_left_as_it_is(films: Path, drawn: Path) -> None:
    again = CliRunner().invoke(main, ["data", "masks", str(films), "--out", str(drawn)])
    assert again.exit_code == 1
    assert "not empty" in again.output


def maps(*lungs: tuple[slice, slice]) -> Maps:
    found: NDArray[np.float32] = np.zeros((2, 64, 64), np.float32)
    for place, part in enumerate(lungs):
        found[place, *part] = 1.0
    return Maps(np.zeros((64, 64), np.float32), found)


RIGHT, LEFT = (slice(10, 50), slice(6, 26)), (slice(10, 50), slice(38, 58))


def test_what_can_be_no_lungs_is_no_mask() -> None:
    assert lungs_of(maps(RIGHT, LEFT)) is not None
    assert lungs_of(maps(LEFT, RIGHT)) is None, "sides"
    assert lungs_of(maps(RIGHT)) is None, "one alone"
    assert lungs_of(maps(RIGHT, (slice(10, 12), slice(38, 40)))) is None, "a speck"
    scattered = maps(RIGHT, LEFT)
    scattered.lungs[1, 52:62, 2:30] = 1.0
    assert lungs_of(scattered) is None, "two pieces"
