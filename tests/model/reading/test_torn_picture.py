"""A picture that jumps in the middle of a row of blocks, and stays, is torn; edges are not."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.model.reading.torn_picture import is_torn
from tests.model.reading.films import phantom

BLOCK, MOST = 8, 255


def coded(grey: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return grey in [0, 255] as JPEG gives it back."""
    eight = np.clip(np.rint(grey), 0, MOST).astype(np.uint8)
    samples: NDArray[np.uint8] = imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(eight, level=90))
    return samples


def shown() -> NDArray[np.float32]:
    return phantom().pixels * np.float32(MOST)


@pytest.mark.parametrize("step", [-80, -20, 20, 110])
@pytest.mark.parametrize("block", [1, 17, 30])
def test_a_step_from_a_block_on_is_a_tear(step: int, block: int) -> None:
    grey = shown()
    columns = grey.shape[1] // BLOCK
    flat = np.arange(len(grey))[:, None] // BLOCK * columns + np.arange(grey.shape[1]) // BLOCK
    grey[flat >= 20 * columns + block] += step
    assert is_torn(coded(grey), BLOCK, BLOCK, MOST)


def test_a_damaged_block_at_the_end_of_a_row_tells_a_tear_from_an_edge() -> None:
    edged = shown()
    edged[160:] -= 60
    assert not is_torn(coded(edged), BLOCK, BLOCK, MOST)
    edged[152:160, 264:272] = np.random.default_rng(1).integers(0, MOST, (BLOCK, BLOCK))
    edged[152:160, 264:272] += 40 * (np.arange(BLOCK)[:, None] - 3)
    assert is_torn(coded(edged), BLOCK, BLOCK, MOST)


@pytest.mark.parametrize("value", [0, 3, 128, 250, 255])
@pytest.mark.parametrize("rows", [slice(0, 40), slice(240, None)])
def test_a_strip_is_no_tear(rows: slice, value: int) -> None:
    grey = shown()
    for columns in (slice(None), slice(0, -16), slice(24, None)):
        grey[rows, columns] = value
        assert not is_torn(coded(grey), BLOCK, BLOCK, MOST)


def test_a_whole_film_and_one_without_greys_are_not_torn() -> None:
    assert not is_torn(coded(shown()), BLOCK, BLOCK, MOST)
    assert not is_torn(np.zeros((96, 96), np.uint8), BLOCK, BLOCK, MOST)
    assert not is_torn(coded(shown()[:20]), BLOCK, BLOCK, MOST)


def test_a_drawn_pattern_is_not_torn() -> None:
    pattern = np.full((384, 384), 180, np.uint8)
    pattern[232:, BLOCK:] = pattern[240:, :BLOCK] = 119
    pattern[232:234, :BLOCK] = 135
    pattern[:, 80:200] += 40
    assert not is_torn(pattern, BLOCK, BLOCK, MOST)
