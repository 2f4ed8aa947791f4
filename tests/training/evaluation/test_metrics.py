import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from radiograde.data.film import Film
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.evaluation.figures.statistics import quadratic_kappa
from radiograde.training.evaluation.metrics import (
    ChangeOverTime,
    UnmeasuredChange,
    agreement,
    change_over_time,
    on_line,
)
from tests.training.samples import film

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


def of_patient(patient: str, *days: float | None) -> list[Film]:
    return [film(patient=patient, offset_days=day) for day in days]


def measured_change(films: list[Film], grades: Array, reference: Array) -> ChangeOverTime:
    change = change_over_time(films, grades, reference)
    assert isinstance(change, ChangeOverTime)
    return change


def test_films_are_paired_in_order_of_their_dates_not_of_their_rows() -> None:
    films = of_patient("A", 9.0, 0.0, 4.0)
    reference, grades = np.array([12.0, 3.0, 5.0]), np.array([10.0, 2.0, 7.0])
    found = measured_change(films, grades, reference)
    assert found.readers == [2.0, 7.0]
    assert found.ours == [5.0, 3.0]
    assert (found.pairs, found.patients) == (2, 1)
    assert found.no_change == pytest.approx(4.5), "who says that nothing changes is off by that"
    assert found.gain.value == pytest.approx(4.5 - (3 + 4) / 2)


def test_undated_and_ungraded_films_are_skipped() -> None:
    films = of_patient("A", 0.0, None, 3.0, 5.0)
    reference = np.array([1.0, 9.0, NAN, 4.0])
    films += of_patient("B", 1.0, 2.0)
    found = measured_change(films, np.arange(6.0), np.append(reference, [6.0, 5.0]))
    assert found.readers == [3.0, -1.0]
    assert found.ours == [3.0, 1.0]


def test_films_of_different_patients_are_never_a_pair() -> None:
    films = [film(n, offset_days=float(n)) for n in range(6)]
    assert change_over_time(films, np.ones(6), np.arange(6.0)) == UnmeasuredChange(0)


def test_films_of_one_day_are_no_change_but_each_day_is_followed_on() -> None:
    films = of_patient("A", 0.0, 0.0, 2.0) + of_patient("B", 0.0, 1.0)
    found = measured_change(films, np.arange(5.0), np.array([1.0, 2.0, 7.0, 0.0, 4.0]))
    assert found.readers == [5.0, 4.0]


@pytest.mark.parametrize("days", [(0.0,), (0.0, 1.0), (None, None), (3.0, 3.0)])
def test_fewer_than_two_pairs_are_only_counted(days: tuple[float | None, ...]) -> None:
    films = of_patient("A", *days)
    pairs = 1 if days == (0.0, 1.0) else 0
    once = np.ones(len(days))
    assert change_over_time(films, once, once) == UnmeasuredChange(pairs)


def test_agreement_is_that_of_both_changes() -> None:
    films = [f for patient in "ABCD" for f in of_patient(patient, 0.0, 7.0)]
    readers, ours = np.array([3.0, -2.0, 0.0, 4.0]), np.array([2.0, 1.0, 5.0, 3.0])
    reference, grades = np.zeros(8), np.full(8, 6.0)
    reference[1::2], grades[1::2] = readers, 6.0 + ours
    found = measured_change(films, grades, reference)
    difference = ours - readers
    assert found.mae == pytest.approx(np.abs(difference).mean())
    assert found.bias == pytest.approx(difference.mean())
    assert found.r == pytest.approx(np.corrcoef(ours, readers)[0, 1])
    # The pair that readers saw unchanged has no direction; of the other three, two agree.
    assert found.same_direction == pytest.approx(2 / 3)
    assert found.repeatability == pytest.approx(1.96 * difference.std())
    assert "films" not in asdict(found)


def test_patients_whom_readers_saw_unchanged_still_make_an_evaluation() -> None:
    films = of_patient("A", 0.0, 1.0, 2.0)
    found = measured_change(films, np.array([1.0, 2.0, 4.0]), np.full(3, 5.0))
    assert found.same_direction is None
    assert found.repeatability == pytest.approx(1.96 * 0.5)
    json.dumps(asdict(found), allow_nan=False)
