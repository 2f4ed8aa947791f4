import math

import numpy as np
import pytest

from radiograde.training.evaluation.metrics import agreement, on_line, quadratic_kappa

NAN = math.nan


def test_agreement_leaves_out_films_without_a_reference() -> None:
    found = np.array([1.0, 2.0, 3.0, 9.0])
    reference = np.array([2.0, 2.0, 5.0, NAN])
    result = agreement(found, reference, ["a", "b", "c", "d"])
    assert result.films == 3
    assert result.mae == pytest.approx(1.0)
    assert result.bias == pytest.approx(-1.0)
    assert result.mae_95[0] <= result.mae <= result.mae_95[1]


def test_kappa_is_one_for_the_same_and_nothing_for_chance() -> None:
    grades = np.array([0.0, 1.0, 2.0, 3.0] * 50)
    assert quadratic_kappa(grades, grades, 3) == pytest.approx(1.0)
    assert quadratic_kappa(grades, np.repeat([0.0, 1.0, 2.0, 3.0], 50), 3) == pytest.approx(
        0, abs=0.05
    )


def test_kappa_of_a_known_table() -> None:
    # Two raters, 0 and 1, agreeing on 20 + 15 of 50: the textbook kappa is 0.4.
    a = np.array([1] * 20 + [1] * 5 + [0] * 10 + [0] * 15, float)
    b = np.array([1] * 20 + [0] * 5 + [1] * 10 + [0] * 15, float)
    assert quadratic_kappa(a, b, 1) == pytest.approx(0.4)


def test_a_line_brings_another_scale_over_without_seeing_the_film() -> None:
    reference = np.array([0.0, 1.0, 2.0, 4.0, NAN])
    found = 10 - 2 * reference
    found[3] = NAN
    mapped = on_line(found, reference)
    np.testing.assert_allclose(mapped[:3], reference[:3], atol=1e-9)
    assert np.isnan(mapped[3:]).all()
