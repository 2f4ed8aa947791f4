from __future__ import annotations

import numpy as np
import pytest

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.training.evaluation.vendor_processing import (
    VENDOR_PROCESSING,
    blurred,
    equalised,
    locally_equalised,
    unsharp,
)

FILM = draw(PhantomSpec(rows=200, columns=180, seed=3)).pixels


@pytest.mark.parametrize("name", VENDOR_PROCESSING)
def test_a_change_gives_another_film_of_the_same_kind(name: str) -> None:
    changed = VENDOR_PROCESSING[name](FILM)
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert changed.shape != FILM.shape or np.abs(changed - FILM).max() > 0.005


def test_a_blur_keeps_the_mean_and_spreads_a_point_like_a_gaussian() -> None:
    point = np.zeros((101, 101), np.float32)
    point[50, 50] = 1
    spread = blurred(point, 6.0)
    assert spread.sum() == pytest.approx(1.0, abs=1e-3)
    places = np.arange(101) - 50
    assert np.sqrt((spread.sum(0) * places**2).sum()) == pytest.approx(6.0, rel=0.15)
    np.testing.assert_allclose(blurred(np.full((9, 7), 0.3, np.float32), 2.0), 0.3, atol=1e-6)


def test_equalised_grey_values_are_equally_frequent() -> None:
    counts = np.histogram(equalised(FILM), bins=4, range=(0, 1))[0] / FILM.size
    assert counts.max() < 0.4


def test_local_equalisation_raises_contrast_where_there_is_little() -> None:
    rng = np.random.default_rng(7)
    film = np.full((160, 160), 0.3, np.float32)
    film[:, 80:] = 0.8
    film += rng.normal(0, 0.01, film.shape).astype(np.float32)
    found = locally_equalised(film)
    assert found[:, 5:60].std() > 1.8 * film[:, 5:60].std()
    assert found[:, 100:155].std() > 1.8 * film[:, 100:155].std()
    assert found[80, 5:60].mean() < found[80, 100:155].mean(), "and brighter parts stay brighter"


def test_an_unsharp_mask_raises_edges_and_leaves_flat_parts() -> None:
    edge = np.full((100, 100), 0.3, np.float32)
    edge[:, 50:] = 0.6
    found = unsharp(edge, 0.03, 1.0)
    assert found[50, 51] > 0.65
    assert found[50, 48] < 0.25
    assert found[50, 5] == pytest.approx(0.3, abs=1e-4)
