"""Outlines follow the masks, on the film as it is stored."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from radiograde.model.scoring.result import Maps
from radiograde.model.scoring.scales import ZONES
from radiograde.service.documents.outlines import (
    Polygon,
    lung_outlines,
    zone_borders,
    zone_outlines,
    zone_rows,
)
from tests.service.documents.graded_films import graded_film

FILM = functools.cache(lambda: graded_film().film)


def drawn(outlines: list[Polygon], rows: int, columns: int) -> NDArray[np.bool_]:
    """Return what Pillow fills of polygons."""
    picture = Image.new("1", (columns, rows))
    for outline in outlines:
        ImageDraw.Draw(picture).polygon([tuple(point) for point in outline - 0.5], fill=1)
    return np.asarray(picture)


def round_lungs() -> Maps:
    """Return two lungs with domes of the diaphragm cut out below, and a speck beside them."""
    down, across = np.mgrid[0:160, 0:144]
    lungs = np.zeros((2, 160, 144), np.float32)
    for lung, middle in zip(lungs, (40, 104), strict=True):
        inside = ((down - 80) / 70) ** 2 + ((across - middle) / 26) ** 2 < 1
        lung[inside & (((down - 150) / 30) ** 2 + ((across - middle) / 16) ** 2 > 1)] = 1
    lungs[0, 3:6, 3:6] = 1
    return Maps(np.zeros((160, 144), np.float32), lungs)


def test_a_lungs_outline_encloses_its_mask_and_leaves_specks_out() -> None:
    maps = round_lungs()
    outlines = lung_outlines(FILM(), maps)
    assert list(outlines) == ["right", "left"]
    for outline, lung in zip(outlines.values(), maps.lungs, strict=True):
        assert np.array_equal(outline[0], outline[-1])
        assert len(outline) < 80
        inside = np.kron(lung > 0.5, np.ones((2, 2), np.bool_))
        inside[:12, :12] = False
        found = drawn([outline], 320, 288)
        assert (found & inside).sum() / (found | inside).sum() > 0.97


def test_zones_tile_the_lungs() -> None:
    maps = round_lungs()
    outlines = zone_outlines(FILM(), maps)
    assert sorted(outlines) == list(ZONES)
    for names, lung in zip(("ABC", "DEF"), maps.lungs, strict=True):
        rows = zone_rows(lung > 0.5, maps.borders)
        for name, (top, bottom) in zip(names, rows, strict=True):
            low, high = outlines[name][:, 1].min(), outlines[name][:, 1].max()
            assert 2 * top <= low < high <= 2 * bottom


@pytest.mark.parametrize("flipped", [(False, True), (True, False), (True, True)])
def test_outlines_lie_on_the_film_as_it_is_stored(flipped: tuple[bool, bool]) -> None:
    film = dataclasses.replace(FILM(), flipped=flipped)
    upright = lung_outlines(FILM(), round_lungs())["right"]
    stored = lung_outlines(film, round_lungs())["right"]
    for axis, (length, is_flipped) in enumerate(zip((288, 320), reversed(flipped), strict=True)):
        expected = length - upright[:, axis] if is_flipped else upright[:, axis]
        assert stored[:, axis] == pytest.approx(expected)


def test_borders_cross_their_lungs() -> None:
    lines = zone_borders(FILM(), round_lungs())
    assert len(lines) == 4
    for line, outline in zip(lines, [*["right"] * 2, *["left"] * 2], strict=True):
        around = lung_outlines(FILM(), round_lungs())[outline]
        assert around[:, 0].min() - 2 <= line[0, 0] < line[1, 0] <= around[:, 0].max() + 2
        assert line[0, 1] == line[1, 1]


def test_lungs_that_are_not_seen_have_no_outlines() -> None:
    none = Maps(np.zeros((8, 8), np.float32), np.zeros((2, 8, 8), np.float32))
    assert not lung_outlines(FILM(), none)
    assert not zone_outlines(FILM(), none)
    assert zone_borders(FILM(), none) == []
