from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.model.scoring.input_check import CLASSES
from radiograde.training.input_check.corruptions import CORRUPTIONS, Picture

BY_KIND = {kind: corrupt for _, kind, corrupt in CORRUPTIONS}


def test_every_corruption_ends_in_a_class_that_there_is() -> None:
    assert {label for label, _, _ in CORRUPTIONS} == {
        *("turned", "incomplete_lungs", "not_chest", "low_quality")
    }
    assert {label for label, _, _ in CORRUPTIONS} <= set(CLASSES[1:])
    assert len(BY_KIND) == len(CORRUPTIONS), "each has words of its own"


def draw_one(seed: int = 1) -> Picture:
    return draw(PhantomSpec(rows=90, columns=80, seed=seed)).pixels


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("corrupt", BY_KIND.values(), ids=list(BY_KIND))
def test_a_corrupted_film_is_a_film_and_leaves_the_first_one_whole(
    corrupt: Callable[[Picture, np.random.Generator], Picture],
) -> None:
    whole = draw_one()
    before = whole.copy()
    for seed in range(8):
        corrupted = corrupt(whole, rng(seed))
        assert corrupted.dtype == np.float32
        assert corrupted.ndim == 2
        assert 0 <= corrupted.min() <= corrupted.max() <= 1
        assert corrupted.shape != whole.shape or not np.allclose(corrupted, whole, atol=0.02)
    np.testing.assert_array_equal(whole, before)


def test_a_turned_film_is_never_upright() -> None:
    whole = draw_one()
    turns = {
        next(n for n in range(4) if np.array_equal(np.rot90(whole, n), turned))
        for turned in (BY_KIND["film on its side or upside down"](whole, rng(n)) for n in range(30))
    }
    assert turns == {1, 2, 3}


def test_cut_lungs_are_about_half_the_film_from_every_side() -> None:
    whole = np.linspace(0, 1, 90 * 80, dtype=np.float32).reshape(90, 80)
    corners = set()
    for seed in range(40):
        cut = BY_KIND["film with lungs cut off"](whole, rng(seed))
        assert 0.43 < cut.size / whole.size <= 0.6
        assert 80 in cut.shape or 90 in cut.shape
        corners.add((bool(np.isclose(cut[0, 0], whole[0, 0])), cut.shape[0] == 90))
    assert len(corners) == 4


def test_a_small_part_lies_within_the_film() -> None:
    whole = draw_one()
    for seed in range(20):
        part = BY_KIND["small part of a film"](whole, rng(seed))
        assert part.size < 0.13 * whole.size
        assert min(part.shape) >= 8
        windows = np.lib.stride_tricks.sliding_window_view(whole, part.shape)
        assert (windows == part).all((2, 3)).any()


def test_a_blurred_film_has_lost_its_detail_and_a_noisy_one_its_contrast() -> None:
    whole = draw_one()
    blurred = BY_KIND["blurred film"](whole, rng())
    blurred_detail, detail = (np.abs(np.diff(film, 2, axis=1)).mean() for film in (blurred, whole))
    assert blurred_detail < 0.4 * detail
    assert np.corrcoef(blurred.ravel(), whole.ravel())[0, 1] > 0.8
    noisy = BY_KIND["noisy film"](whole, rng())
    assert 0.05 < np.corrcoef(noisy.ravel(), whole.ravel())[0, 1] < 0.5
