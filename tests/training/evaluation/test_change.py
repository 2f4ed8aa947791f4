import json

import numpy as np
import pytest

from radiograde.data.film import Film
from radiograde.training.evaluation.change import changes
from tests.training.samples import film

NAN = float("nan")


def of_patient(patient: str, *days: float | None) -> list[Film]:
    return [film(patient=patient, offset_days=day) for day in days]


def test_films_are_paired_in_order_of_their_dates_not_of_their_rows() -> None:
    films = of_patient("A", 9.0, 0.0, 4.0)
    reference, grades = np.array([12.0, 3.0, 5.0]), np.array([10.0, 2.0, 7.0])
    found = changes(films, grades, reference)
    assert found["readers"] == [2.0, 7.0]
    assert found["ours"] == [5.0, 3.0]
    assert (found["pairs"], found["patients"]) == (2, 1)


def test_undated_and_ungraded_films_are_skipped() -> None:
    films = of_patient("A", 0.0, None, 3.0, 5.0)
    reference = np.array([1.0, 9.0, NAN, 4.0])
    films += of_patient("B", 1.0, 2.0)
    found = changes(films, np.arange(6.0), np.append(reference, [6.0, 5.0]))
    assert found["readers"] == [3.0, -1.0]
    assert found["ours"] == [3.0, 1.0]


def test_films_of_different_patients_are_never_a_pair() -> None:
    films = [film(n, offset_days=float(n)) for n in range(6)]
    assert changes(films, np.ones(6), np.arange(6.0)) == {"pairs": 0}


def test_films_of_one_day_are_no_change_but_each_day_is_followed_on() -> None:
    films = of_patient("A", 0.0, 0.0, 2.0) + of_patient("B", 0.0, 1.0)
    found = changes(films, np.arange(5.0), np.array([1.0, 2.0, 7.0, 0.0, 4.0]))
    assert found["readers"] == [5.0, 4.0]


@pytest.mark.parametrize("days", [(0.0,), (0.0, 1.0), (None, None), (3.0, 3.0)])
def test_fewer_than_two_pairs_are_only_counted(days: tuple[float | None, ...]) -> None:
    films = of_patient("A", *days)
    pairs = 1 if days == (0.0, 1.0) else 0
    assert changes(films, np.ones(len(days)), np.ones(len(days))) == {"pairs": pairs}


def test_agreement_is_that_of_both_changes() -> None:
    films = [f for patient in "ABCD" for f in of_patient(patient, 0.0, 7.0)]
    readers, ours = np.array([3.0, -2.0, 0.0, 4.0]), np.array([2.0, 1.0, 5.0, 3.0])
    reference, grades = np.zeros(8), np.full(8, 6.0)
    reference[1::2], grades[1::2] = readers, 6.0 + ours
    found = changes(films, grades, reference)
    difference = ours - readers
    assert found["mae"] == pytest.approx(np.abs(difference).mean())
    assert found["bias"] == pytest.approx(difference.mean())
    assert found["r"] == pytest.approx(np.corrcoef(ours, readers)[0, 1])
    # The pair that readers saw unchanged has no direction; of the other three, two agree.
    assert found["same_direction"] == pytest.approx(2 / 3)
    assert found["repeatability"] == pytest.approx(1.96 * difference.std())
    assert "films" not in found


def test_patients_whom_readers_saw_unchanged_still_make_an_evaluation() -> None:
    films = of_patient("A", 0.0, 1.0, 2.0)
    found = changes(films, np.array([1.0, 2.0, 4.0]), np.full(3, 5.0))
    assert found["same_direction"] is None
    assert found["repeatability"] == pytest.approx(1.96 * 0.5)
    json.dumps(found, allow_nan=False)
