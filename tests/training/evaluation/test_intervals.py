from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.model.scoring.intervals import Width
from radiograde.model.scoring.scales import BRIXIA, EXTENT, ZONE, Scale
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.evaluation.intervals import (
    LEAST_SHARE,
    Coverage,
    GradedScale,
    fit_interval_rule,
    graded_scales,
)
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from tests.training.samples import film, predictions, random_zones, whole

COUNT = 30
FILMS = 3000


def hard_and_easy(seed: int, noise: str = "normal") -> tuple[Array, Array, Array]:
    """Return values, spread and truth (N,): the more the passes disagree, the worse the value."""
    rng = np.random.default_rng(seed)
    values, spread = rng.uniform(0, 18, FILMS), rng.uniform(0, 2, FILMS)
    error = rng.normal(size=FILMS) if noise == "normal" else rng.laplace(size=FILMS)
    return values, spread, values + (0.3 + spread) * error


def covered(
    values: Array, spread: Array, truth: Array, folds: NDArray[np.int64], scale: Scale
) -> NDArray[np.bool_]:
    return GradedScale(scale, values, spread, truth, folds).covered()


@pytest.mark.parametrize("noise", ["normal", "laplace"])
def test_nine_in_ten_films_are_covered_easy_and_hard_ones_alike(noise: str) -> None:
    values, spread, truth = hard_and_easy(1, noise)
    inside = covered(values, spread, truth, np.arange(FILMS) % 5, BRIXIA)
    assert inside.mean() == pytest.approx(0.9, abs=0.02)
    for easy_or_hard in (spread < 0.5, spread > 1.5):
        assert inside[easy_or_hard].mean() == pytest.approx(0.9, abs=0.06)


def test_the_level_is_that_of_films_that_set_no_rule() -> None:
    values, spread, truth = hard_and_easy(2)
    rule = fit_interval_rule(values, spread, truth, BRIXIA, level=0.6)
    values, spread, truth = hard_and_easy(3)
    inside = np.abs(values - truth) <= rule.half(values, spread, BRIXIA)
    assert inside.mean() == pytest.approx(0.6, abs=0.03)


def test_an_interval_is_wider_where_passes_that_disagree_were_off() -> None:
    rule = fit_interval_rule(*hard_and_easy(4), BRIXIA)
    easy, hard = rule.half(np.array([9.0, 9.0]), np.array([0.1, 1.9]), BRIXIA)
    assert hard / easy == pytest.approx((0.3 + 1.9) / (0.3 + 0.1), rel=0.25)


def test_an_interval_is_wider_in_the_middle_where_grades_there_were_off() -> None:
    rng = np.random.default_rng(5)
    values = rng.uniform(0, 3, FILMS)
    share = values / 3
    truth = values + (0.1 + 4 * share * (1 - share)) * rng.normal(size=FILMS)
    rule = fit_interval_rule(values, np.zeros(FILMS), truth, ZONE)
    end, middle = rule.half(np.array([0.0, 1.5]), np.zeros(2), ZONE)
    assert middle / end == pytest.approx(11, rel=0.3)


def test_what_is_known_exactly_is_found_exactly() -> None:
    values, spread, _ = hard_and_easy(6)
    residuals = Width(0.5, 0.25, 1.0).half(values, spread, BRIXIA)
    rule = fit_interval_rule(values, spread, values - residuals, BRIXIA)
    assert (rule.base, rule.spread, rule.middle) == pytest.approx((0.5, 0.25, 1.0))


def test_passes_that_agree_where_grades_are_off_do_not_narrow_an_interval() -> None:
    values, spread, _ = hard_and_easy(7)
    truth = values + (2.5 - spread) * np.random.default_rng(7).normal(size=FILMS)
    rule = fit_interval_rule(values, spread, truth, BRIXIA)
    assert rule.spread >= 0
    assert rule.middle >= 0


def test_the_rank_is_that_of_split_conformal_prediction() -> None:
    # Of 19 films alike, ceil(20 * 0.9) = 18: the second largest residual.
    residuals = np.arange(1, 20) / 2
    rule = fit_interval_rule(np.zeros(19), np.zeros(19), residuals, BRIXIA)
    assert rule.around(0.0, 0.0, BRIXIA) == pytest.approx((0.0, 9.0))


def test_films_without_a_reference_set_nothing() -> None:
    values, spread, truth = (column[:200] for column in hard_and_easy(8))
    rule = fit_interval_rule(values, spread, truth, BRIXIA)
    more = np.concatenate([values, np.full(50, 5.0)]), np.concatenate([spread, np.full(50, 9.0)])
    assert fit_interval_rule(*more, np.concatenate([truth, np.full(50, np.nan)]), BRIXIA) == rule


@pytest.mark.parametrize(("films", "whole"), [(0, True), (1, True), (8, True), (9, False)])
def test_too_few_films_promise_no_more_than_the_whole_scale(films: int, whole: bool) -> None:
    ones = np.ones(films)
    rule = fit_interval_rule(ones, 0 * ones, 0.5 * ones, BRIXIA)
    assert (rule == Width(18.0)) is whole
    assert rule.around(7.0, 3.0, BRIXIA) == ((0.0, 18.0) if whole else (6.5, 7.5))


@pytest.mark.parametrize("residual", [0.0, 0.01, 0.2])
def test_no_interval_is_narrower_than_a_fiftieth_of_its_scale(residual: float) -> None:
    values = np.linspace(0, 18, 100)
    rule = fit_interval_rule(values, np.zeros(100), values + residual, BRIXIA)
    half = rule.half(values, np.zeros(100), BRIXIA)
    assert half.min() >= LEAST_SHARE * 18 - 1e-9
    assert half.max() <= 0.5


def test_coverage_sets_each_rule_on_the_other_folds() -> None:
    values = np.zeros(40)
    truth = np.concatenate([np.linspace(0.4, 0.8, 20), np.linspace(1, 5, 20)])
    inside = covered(values, 0 * values, truth, np.repeat([0, 1], 20), BRIXIA)
    np.testing.assert_array_equal(inside, np.repeat([True, False], 20))


def test_a_film_without_a_reference_is_not_counted_as_covered() -> None:
    values, spread, truth = (column[:60] for column in hard_and_easy(9))
    truth[::2] = np.nan
    inside = covered(values, spread, truth, np.arange(60) // 20, BRIXIA)
    assert not inside[::2].any()
    assert inside[1::2].mean() > 0.6


def test_each_scale_has_its_own_spread_and_truth() -> None:
    grades = random_zones(COUNT)
    films = [
        film(n, brixia={"S": whole(zones)}, geographic_extent=2.0, opacity=3.0)
        for n, zones in enumerate(grades)
    ]
    spread = np.tile(np.arange(9, dtype=np.float32), (COUNT, 1))
    graded = predictions(grades, spread=spread, opacity=np.full(COUNT, 5.0, np.float32))
    scales = graded_scales(graded, ReferenceStandard.of(films), np.arange(COUNT) % 3)
    assert list(scales) == ["zones", "brixia", "geographic_extent", "opacity"]
    zones = scales["zones"]
    np.testing.assert_array_equal(zones.values.reshape(COUNT, 6), grades)
    np.testing.assert_array_equal(zones.spread.reshape(COUNT, 6), spread[:, :6])
    np.testing.assert_array_equal(zones.truth, zones.values)
    np.testing.assert_array_equal(zones.folds.reshape(COUNT, 6)[:, 5], np.arange(COUNT) % 3)
    np.testing.assert_array_equal(scales["brixia"].values, grades.sum(1))
    assert [set(scales[name].spread) for name in list(scales)[1:]] == [{6.0}, {7.0}, {8.0}]
    assert set(scales["geographic_extent"].truth) == {2.0}
    assert (set(scales["opacity"].values), set(scales["opacity"].truth)) == ({5.0}, {3.0})


@pytest.mark.usefixtures("many_resamples")
def test_a_width_is_what_is_left_after_the_ends_of_the_scale_cut_it() -> None:
    values = np.array([0.0, 1.5, 3.0] * 10)
    known = GradedScale(ZONE, values, 0 * values, values + 0.5, np.arange(30) % 3)
    np.testing.assert_allclose(known.widths()[:3], [0.5, 1.0, 0.5], atol=1e-6)
    patients = [f"P{n}" for n in range(30)]
    coverage = known.coverage(np.arange(30) < 15, patients)
    assert coverage.share == 0.5
    assert coverage.share_95 == pytest.approx((0.32, 0.68), abs=0.03)
    assert coverage.median_width == pytest.approx(0.5)
    unread = GradedScale(ZONE, values, 0 * values, np.full(30, np.nan), np.arange(30) % 3)
    assert unread.coverage(np.zeros(30, bool), patients) == Coverage(None, None)
    few = GradedScale(EXTENT, np.full(4, 3.0), np.zeros(4), np.full(4, 3.0), np.arange(4))
    assert set(few.widths()) == {8.0}
