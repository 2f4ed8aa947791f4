"""One row that is shifted from some place on is damage; lines that are drawn are not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.model.reading.streaks import has_streak
from tests.model.reading.films import phantom

ROW = 150


def shown() -> NDArray[np.int32]:
    return np.rint(phantom().pixels * 3000).astype(np.int32) + 500


@pytest.mark.parametrize("shift", [-900, -300, 300, 900])
@pytest.mark.parametrize("column", [9, 120, 190])
def test_a_row_that_is_shifted_from_a_place_on_is_a_streak(shift: int, column: int) -> None:
    grey = shown()
    grey[ROW, column:] += shift
    assert has_streak(grey.astype(np.uint16))


@pytest.mark.parametrize("value", [0, 2000, 4095])
@pytest.mark.parametrize("columns", [slice(None), slice(120, None), slice(0, 120)])
@pytest.mark.parametrize("rows", [1, 2, 9])
def test_a_line_or_a_box_is_none(value: int, columns: slice, rows: int) -> None:
    grey = shown()
    grey[ROW : ROW + rows, columns] = value
    assert not has_streak(grey.astype(np.uint16))


def test_a_whole_film_a_row_of_other_gain_and_a_small_picture_have_none() -> None:
    grey = shown()
    assert not has_streak(grey.astype(np.uint16))
    grey[ROW] += 300
    assert not has_streak(grey.astype(np.uint16))
    assert not has_streak(grey[:, :100].astype(np.uint16))
    assert not has_streak(np.zeros((90, 200), np.uint16))
