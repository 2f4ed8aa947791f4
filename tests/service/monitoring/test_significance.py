"""The small forms give what scipy gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from radiograde.service.monitoring.significance import (
    category_psi,
    category_test,
    fisher_test,
    holm,
    kolmogorov,
    ks_test,
    number_psi,
)


@pytest.mark.parametrize(("one", "other", "shift"), [(100, 1000, 0.0), (80, 300, 0.4), (25, 25, 2)])
def test_kolmogorov_smirnov_is_scipys(one: int, other: int, shift: float) -> None:
    random = np.random.default_rng(one)
    first, second = random.normal(size=one).round(1), random.normal(shift, size=other)
    statistic, p = ks_test(first, second)
    expected = stats.ks_2samp(first, second, method="asymp")
    assert statistic == pytest.approx(expected.statistic)
    scaled = statistic * np.sqrt(one * other / (one + other))
    assert p == pytest.approx(stats.kstwobign.sf(scaled), abs=1e-12)


def test_its_p_value_is_no_smaller_than_the_exact_one() -> None:
    """What is small without cause would be a false alarm."""
    random = np.random.default_rng(1)
    for shift in (0.0, 0.5, 0.8):
        first, second = random.normal(size=100), random.normal(shift, size=200)
        exact = stats.ks_2samp(first, second, method="exact").pvalue
        assert ks_test(first, second)[1] >= 0.9 * exact


def test_kolmogorovs_distribution_is_scipys() -> None:
    for value in (0.0, 0.1, 0.19, 0.2, 0.3, 0.8, 1.5, 3.0, 6.0):
        assert kolmogorov(value) == pytest.approx(stats.kstwobign.sf(value), abs=1e-9)


@pytest.mark.parametrize(
    ("hits", "films", "others", "all_others"),
    [(0, 100, 5, 900), (9, 80, 5, 900), (50, 100, 500, 1000)],
)
def test_fishers_tails_are_scipys(hits: int, films: int, others: int, all_others: int) -> None:
    table = [[hits, films - hits], [others, all_others - others]]
    tails = [stats.fisher_exact(table, alternative).pvalue for alternative in ("less", "greater")]
    assert fisher_test(hits, films, others, all_others) == pytest.approx(min(1.0, 2 * min(tails)))


def test_categories_are_tested_each_and_for_their_number() -> None:
    one, usual = {"PA": 10, "AP": 90}, {"PA": 600, "AP": 400}
    assert category_test(one, usual) == pytest.approx(2 * fisher_test(10, 100, 600, 1000))
    assert category_test({"new": 100}, usual) < 1e-50
    assert category_test({}, usual) == category_test({"PA": 5}, {"PA": 9}) == 1.0


def test_holm_is_scipys_step_down() -> None:
    p_values = [0.01, 0.04, 0.03, 0.9]
    assert holm(p_values) == pytest.approx([0.04, 0.09, 0.09, 0.9])
    assert holm([]) == []


def test_the_stability_index_grows_with_the_shift_and_is_none_for_equals() -> None:
    values = np.linspace(0, 1, 1000)
    assert number_psi(values, values) == pytest.approx(0, abs=1e-9)
    assert 0.1 < number_psi(values + 0.1, values) < number_psi(values + 0.4, values)
    assert category_psi({"a": 1, "b": 1}, {"a": 10, "b": 10}) == pytest.approx(0)
    # By hand: (0.5-0.25)*ln(0.5/0.25) + (0.5-0.75)*ln(0.5/0.75)
    assert category_psi({"a": 1, "b": 1}, {"a": 1, "b": 3}) == pytest.approx(0.27465, abs=1e-5)


def test_nothing_is_known_of_nothing() -> None:
    none = np.array([])
    assert ks_test(none, np.array([1.0])) == (0.0, 1.0)
    assert number_psi(none, none) == category_psi({}, {"a": 1}) == 0.0
