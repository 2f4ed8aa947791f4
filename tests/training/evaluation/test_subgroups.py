import numpy as np
import pytest

from radiograde.training.evaluation.robustness import (
    FEWEST,
    SubgroupMetrics,
    subgroup_metrics,
)
from tests.training.samples import film

NAN = float("nan")


def by_name(found: list[SubgroupMetrics]) -> dict[tuple[str, str], SubgroupMetrics]:
    return {(group.by, group.name): group for group in found}


def test_error_bias_and_coverage_are_those_of_the_group() -> None:
    films = [film(n, sex="F" if n < 5 else "M") for n in range(10)]
    reference = np.full(10, 6.0)
    grades = reference + np.array([2, -1, 1, 1, 2, 3, 3, 3, 3, 3], float)
    covered = np.array([1, 1, 0, 1, 1, 0, 0, 0, 0, 1], bool)
    found = by_name(subgroup_metrics(films, grades, reference, covered))
    assert found["sex", "women"] == SubgroupMetrics("sex", "women", 5, 1.4, 1.0, 0.8)
    assert found["sex", "men"] == SubgroupMetrics("sex", "men", 5, 3.0, 3.0, 0.2)


def test_films_without_a_reference_do_not_count() -> None:
    films = [film(n, view="AP") for n in range(2 * FEWEST)]
    reference = np.where(np.arange(2 * FEWEST) % 2, NAN, 4.0)
    grades = np.where(np.arange(2 * FEWEST) % 2, 18.0, 5.0)
    found = by_name(subgroup_metrics(films, grades, reference, np.ones(2 * FEWEST, bool)))
    assert found["view", "AP"] == SubgroupMetrics("view", "AP", FEWEST, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(("count", "shown"), [(FEWEST - 1, False), (FEWEST, True)])
def test_a_group_too_small_to_say_anything_is_left_out(count: int, shown: bool) -> None:
    films = [film(n, view="PA" if n < count else "AP") for n in range(30)]
    found = by_name(subgroup_metrics(films, np.ones(30), np.ones(30), np.ones(30, bool)))
    assert (("view", "PA") in found) is shown
    assert found["view", "AP"].films == 30 - count


def test_who_is_not_known_is_in_no_group() -> None:
    films = [film(n, intubated=None if n < 5 else n < 10) for n in range(15)]
    found = by_name(subgroup_metrics(films, np.ones(15), np.ones(15), np.ones(15, bool)))
    assert found["tube", "intubated"].films == 5
    assert found["tube", "not intubated"].films == 5
    assert not [by for by, _ in found if by in ("view", "sex", "age", "source")]


def test_every_source_that_is_named_is_a_group() -> None:
    films = [film(n, source=("", "cohen", "brixia")[n % 3]) for n in range(15)]
    found = subgroup_metrics(films, np.ones(15), np.ones(15), np.ones(15, bool))
    assert [group.name for group in found if group.by == "source"] == ["brixia", "cohen"]


@pytest.mark.parametrize(
    ("age", "name"),
    [(39.9, "under 40"), (40, "40 to 59"), (60, "60 to 74"), (75, "75 and over"),
     (101, "75 and over")],
)  # fmt: skip
def test_ages_fall_into_bands(age: float, name: str) -> None:
    films = [film(n, age=age) for n in range(FEWEST)]
    found = subgroup_metrics(films, np.ones(FEWEST), np.ones(FEWEST), np.ones(FEWEST, bool))
    assert [group.name for group in found if group.by == "age"] == [name]


@pytest.mark.parametrize(
    ("score", "name"),
    [(0, "0 to 3"), (3, "0 to 3"), (3.5, "4 to 8"), (4, "4 to 8"), (8.5, "9 to 12"),
     (12, "9 to 12"), (12.5, "13 to 18"), (18, "13 to 18")],
)  # fmt: skip
def test_grades_fall_into_bands_of_the_readers_score(score: float, name: str) -> None:
    films = [film(n) for n in range(FEWEST)]
    reference = np.full(FEWEST, float(score))
    found = subgroup_metrics(films, np.full(FEWEST, 9.0), reference, np.ones(FEWEST, bool))
    assert [group.name for group in found] == [name]
    assert found[0].by == "readers' score of 18"


def test_without_any_reference_there_is_no_group() -> None:
    films = [film(n, view="AP", sex="F", age=50.0) for n in range(20)]
    assert subgroup_metrics(films, np.ones(20), np.full(20, NAN), np.zeros(20, bool)) == []
