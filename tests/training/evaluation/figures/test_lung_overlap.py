from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radiograde.data.film import Film
from radiograde.training.evaluation.figures.lung_overlap import (
    HEART_IN,
    HEART_NOT_COUNTED,
    HEART_OUT,
    lung_figures,
    overlaps_of,
)
from tests.training.evaluation.served.samples import write_film
from tests.training.samples import film as made_up

SIDE = 120


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Return a film whose lungs are two boxes, the right one on the picture's left."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[20:100, 15:50] = 1
    mask[20:100, 70:105] = 2
    Image.fromarray(mask).save(tmp_path / "mask.png")
    image = write_film(tmp_path / "film.png", np.zeros((SIDE, SIDE), np.float32))
    return made_up(image=image, lung_mask=tmp_path / "mask.png", heart_in_mask=True)


def boxes(
    right: tuple[int, int], left: tuple[int, int]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return lungs (2, 60, 60), at half the film's size, between these columns of the film."""
    lungs = np.zeros((2, SIDE // 2, SIDE // 2), bool)
    for lung, (begin, end) in zip(lungs, (right, left), strict=True):
        lung[10:50, begin // 2 : end // 2] = True
    return lungs


def test_the_same_lungs_overlap_wholly(film: Film) -> None:
    (found,) = overlaps_of(film, boxes((15, 50), (70, 105)))
    assert found.convention == HEART_IN
    assert (found.right, found.left, found.both) == pytest.approx((1, 1, 1), abs=0.03)
    assert found.exchanged == 0


def test_exchanged_lungs_show_though_both_together_fit(film: Film) -> None:
    wrong_way = overlaps_of(film, boxes((70, 105), (15, 50)))
    assert wrong_way[0].both == pytest.approx(1, abs=0.03)
    assert wrong_way[0].right == wrong_way[0].left == 0
    straight = overlaps_of(film, boxes((15, 50), (70, 105)))
    (figures,) = lung_figures(list("abcdef"), [wrong_way] + [straight] * 5)
    assert figures.swapped.value == pytest.approx(1 / 6)
    assert figures.films == figures.patients == 6


def test_a_lung_that_was_not_found_shows_on_its_side(film: Film) -> None:
    lungs = boxes((15, 50), (70, 105))
    lungs[1] = False
    (found,) = overlaps_of(film, lungs)
    assert found.right == pytest.approx(1, abs=0.03)
    assert found.left == 0
    assert found.both == pytest.approx(2 / 3, abs=0.03)


def test_where_the_heart_is_left_out_its_place_is_counted_apart(film: Film) -> None:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[20:100, 15:50] = 1
    mask[20:100, 70:105] = 2
    mask[60:100, 70:90] = 0
    assert film.lung_mask is not None
    Image.fromarray(mask).save(film.lung_mask)
    whole = boxes((15, 50), (70, 105))
    drawn, free = overlaps_of(replace(film, heart_in_mask=False), whole)
    assert (drawn.convention, free.convention) == (HEART_OUT, HEART_NOT_COUNTED)
    assert drawn.left < 0.9
    assert free.left > drawn.left
    assert free.right == pytest.approx(1, abs=0.03)


def test_a_film_without_a_mask_has_no_overlap(film: Film) -> None:
    assert overlaps_of(replace(film, lung_mask=None), boxes((15, 50), (70, 105))) == []
