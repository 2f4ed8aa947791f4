from __future__ import annotations

import numpy as np
import pytest

from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.patient_bootstrap import (
    NOT_MEASURED,
    Estimate,
    estimate,
)

pytestmark = pytest.mark.usefixtures("many_resamples")


def test_films_of_a_patient_count_as_one_draw() -> None:
    rng = np.random.default_rng(1)
    of_patient = rng.normal(size=40)
    values = np.repeat(of_patient, 25)
    alike = estimate(statistics.mean, [f"p{n // 25}" for n in range(1000)], values)
    apart = estimate(statistics.mean, [f"p{n}" for n in range(1000)], values)
    assert alike.value == apart.value == pytest.approx(values.mean())
    assert alike.low is not None
    assert alike.high is not None
    assert apart.low is not None
    assert apart.high is not None
    expected = 2 * 1.96 * of_patient.std() / np.sqrt(40)
    assert alike.high - alike.low == pytest.approx(expected, rel=0.15)
    assert apart.high - apart.low == pytest.approx(expected / 5, rel=0.15)


def test_the_same_films_give_the_same_interval() -> None:
    values = np.random.default_rng(2).normal(size=30)
    patients = [f"p{n % 11}" for n in range(30)]
    assert estimate(statistics.mean, patients, values) == estimate(
        statistics.mean, patients, values
    )


def test_films_without_a_value_are_left_out() -> None:
    ours, theirs = np.array([1.0, np.nan, 3.0, 4.0]), np.array([2.0, 2.0, np.nan, 4.0])
    found = estimate(statistics.mean_absolute_error, list("abcd"), ours, theirs)
    assert found.value == pytest.approx(0.5)


def test_nothing_to_measure_gives_no_figure() -> None:
    nothing = np.full(3, np.nan)
    assert estimate(statistics.mean, list("abc"), nothing) == NOT_MEASURED
    assert estimate(statistics.pearson, list("abc"), np.ones(3), np.arange(3.0)) == NOT_MEASURED


def test_one_patient_gives_no_interval() -> None:
    assert estimate(statistics.mean, ["a", "a"], np.array([1.0, 2.0])) == Estimate(1.5)
