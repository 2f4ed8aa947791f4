"""A film as training sees it: in its own proportions, with nothing to learn behind the heart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from radiograde.data.film import Film
from radiograde.data.lung_shapes import behind_heart
from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.training.dataset.film_cache import UNKNOWN, decode_film
from radiograde.training.fit import map_losses
from tests.training.conftest import write_png
from tests.training.samples import blank_batch

SIDE = 64
SPEC = Preprocessing(size=SIDE)
PHANTOM = draw(PhantomSpec(rows=256, columns=176, seed=4))


def masked(folder: Path, *, heart_in: bool) -> Film:
    write_png(folder / "film.png", PHANTOM.pixels)
    lungs = PHANTOM.lungs.any(0).astype(np.uint8) * 255
    Image.fromarray(lungs).save(folder / "mask.png")
    mask = folder / "mask.png"
    return Film(folder / "film.png", "P1", lung_mask=mask, heart_in_mask=heart_in, row=2)


def test_a_film_that_was_squashed_has_its_own_proportions_again(tmp_path: Path) -> None:
    write_png(tmp_path / "film.png", PHANTOM.pixels)
    expected, frame = decode_film(Film(tmp_path / "film.png", "P1", row=2), SPEC)
    square = Image.fromarray(np.rint(PHANTOM.pixels * 255).astype(np.uint8)).resize((256, 256))
    square.save(tmp_path / "squashed.png")
    size = (PHANTOM.pixels.shape[1], PHANTOM.pixels.shape[0])
    squashed = Film(tmp_path / "squashed.png", "P1", original_size=size, row=3)
    cell, found = decode_film(squashed, SPEC)
    assert found == frame
    assert frame.width < frame.height
    assert np.abs(cell[0].astype(int) - expected[0]).mean() < 4
    plain, whole = decode_film(Film(tmp_path / "squashed.png", "P1", row=3), SPEC)
    assert whole.width == whole.height
    assert np.abs(plain[0].astype(int) - expected[0]).mean() > 10


def test_behind_a_heart_that_was_left_out_nothing_is_learned(tmp_path: Path) -> None:
    heart = behind_heart(PHANTOM.lungs) & ~PHANTOM.lungs
    assert heart.any(), "this phantom's heart lies before a lung"
    film = masked(tmp_path, heart_in=False)
    cell, frame = decode_film(film, SPEC)
    unknown = cell[1] & UNKNOWN > 0
    size = (frame.width, frame.height)
    behind = Image.fromarray(heart.any(0)).resize(size, Image.Resampling.NEAREST)
    assert (frame.crop(unknown.astype(np.float32)).astype(bool) == np.asarray(behind)).mean() > 0.97
    assert unknown.sum() > 5

    slope = gradient(unknown)
    assert float(slope[torch.from_numpy(unknown)].abs().sum()) == 0.0
    assert float(slope.abs().sum()) > 0.0
    cell, _ = decode_film(masked(tmp_path, heart_in=True), SPEC)
    assert not (cell[1] & UNKNOWN).any()


def gradient(unknown: NDArray[np.bool_]) -> Tensor:
    """Return what the lung loss teaches each point (S, S) where the mask is unknown so."""
    batch = blank_batch(1, SIDE)
    batch = replace(batch, unknown=torch.from_numpy(unknown[None, None]).float())
    logits = torch.zeros(1, 2, SIDE, SIDE, requires_grad=True)
    map_losses.lungs(logits, batch, torch.ones(1))[0].sum().backward()
    assert logits.grad is not None
    return logits.grad[0].abs().sum(0)
