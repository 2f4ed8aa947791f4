from __future__ import annotations

import numpy as np
import pytest

from radiograde.training.evaluation.figures import statistics

RNG = np.random.default_rng(3)


def test_opacity_that_is_extent_says_nothing_more() -> None:
    extent = RNG.uniform(0, 8, 200)
    readers = extent + RNG.normal(size=200)
    found = statistics.correlation_beyond(0.8 * extent + 0.3, extent, readers, extent)
    assert found == 0.0


def test_density_that_both_see_beyond_the_extent_is_found_again() -> None:
    extent, density = RNG.uniform(0, 8, 4000), RNG.normal(size=4000)
    ours = 0.5 * extent + density
    theirs = 0.7 * extent + density
    assert statistics.correlation_beyond(ours, extent, theirs, extent) == pytest.approx(1.0)
    alone = 0.5 * extent + RNG.normal(size=4000)
    assert statistics.correlation_beyond(alone, extent, theirs, extent) == pytest.approx(
        0.0, abs=0.05
    )


def test_each_grader_is_freed_of_its_own_extent() -> None:
    """An extent that errs does not make an opacity that follows it look better."""
    extent = RNG.uniform(0, 8, 4000)
    errs = extent + RNG.normal(size=4000)
    theirs = extent + RNG.normal(size=4000)
    assert statistics.correlation_beyond(errs, errs, theirs, extent) == 0.0


def test_area_under_the_roc_of_known_orders() -> None:
    positive = np.array([0.0, 0.0, 1.0, 1.0])
    assert statistics.area_under_roc(np.array([1.0, 2.0, 3.0, 4.0]), positive) == 1.0
    assert statistics.area_under_roc(np.array([4.0, 3.0, 2.0, 1.0]), positive) == 0.0
    assert statistics.area_under_roc(np.ones(4), positive) == 0.5
    assert statistics.area_under_roc(np.ones(4), np.ones(4)) is None


def test_slope_is_the_share_that_follows() -> None:
    differences = RNG.normal(size=500)
    assert statistics.slope(0.3 * differences, differences) == pytest.approx(0.3)
    assert statistics.slope(np.zeros(3), np.zeros(3)) is None
