from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.storage import Photometric, Storage
from radiograde.model.reading.chest_template import (
    LEAST_LIKENESS,
    ChestResemblance,
    settle_polarity,
)
from radiograde.model.reading.film_file import read
from tests.model.reading.films import film, negative, phantom

SOME = 25
"""Every how manieth film of the data set is looked at here."""


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_lying_tag_is_found_out(photometric: Photometric) -> None:
    honest = read(film(Storage(12, photometric)))
    lying = read(film(Storage(12, photometric), of=negative()))
    assert honest.notes == ()
    assert [note.code for note in lying.notes] == ["inverted"]
    assert np.abs(lying.pixels - honest.pixels).max() < 1e-3


def test_white_lungs_are_no_negative() -> None:
    for seed in range(4):
        sick = draw(PhantomSpec(200, 180, dict.fromkeys("ABCDEF", 3.0), seed=seed))
        assert settle_polarity(sick.pixels)[1] == ()


def test_a_doubtful_picture_is_left_alone() -> None:
    noise = np.random.default_rng(0).random((200, 200), dtype=np.float32)
    pixels, notes = settle_polarity(noise)
    assert pixels is noise
    assert [note.code for note in notes] == ["polarity_unsure"]


def test_a_weak_likeness_turns_no_picture_around() -> None:
    negative_chest = 1 - phantom().pixels
    slope = np.linspace(0, 1, negative_chest.shape[1], dtype=np.float32)
    mixed = 0.2 * negative_chest + 0.8 * slope
    assert -LEAST_LIKENESS < ChestResemblance(mixed).likeness < -0.15
    assert settle_polarity(mixed)[0] is mixed


def test_margins_with_writing_make_no_other_picture() -> None:
    shown = phantom().pixels
    rows, columns = shown.shape
    sheet = np.zeros((rows + 150, columns + 200), np.float32)
    sheet[:rows, 200:] = shown
    sheet[rows + 30 : rows + 40, 60:80] = 1
    assert ChestResemblance(sheet).likeness < LEAST_LIKENESS
    assert ChestResemblance(sheet).is_like


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("noise", [0, 0.02])
def test_strips_along_two_edges_turn_no_chest_film_around(turns: int, noise: float) -> None:
    sheet = np.rot90(phantom().pixels, turns).copy()
    rows, columns = sheet.shape
    sheet[: rows // 7], sheet[:, : columns // 7] = 1, 0
    sheet += np.random.default_rng(turns).normal(0, noise, sheet.shape).astype(np.float32)
    framed = np.rot90(sheet, -turns).clip(0, 1)
    assert ChestResemblance(framed).is_like
    assert settle_polarity(framed)[1] == ()
    assert [note.code for note in settle_polarity(1 - framed)[1]] == ["inverted"]


def test_too_small_or_flat_is_left_alone() -> None:
    assert settle_polarity(np.ones((5, 300), np.float32))[1] == ()
    assert ChestResemblance(np.ones((300, 300), np.float32)).likeness == 0


def test_likeness_is_odd() -> None:
    pixels = phantom().pixels
    assert ChestResemblance(pixels).likeness > 0.7
    assert ChestResemblance(1 - pixels).likeness == pytest.approx(
        -ChestResemblance(pixels).likeness, abs=1e-6
    )


def test_real_films_keep_their_polarity(shared: Path) -> None:
    with (shared / "dataset/manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["view"] != "L"][::SOME]
    assert rows
    missed = 0
    for row in rows:
        radiograph = read(shared / "dataset" / row["image"])
        assert [note.code for note in radiograph.notes if note.code == "inverted"] == []
        missed += [note.code for note in settle_polarity(1 - radiograph.pixels)[1]] != ["inverted"]
    assert missed <= 1
