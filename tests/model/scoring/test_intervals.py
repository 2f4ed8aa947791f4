from typing import Any

import numpy as np
import pytest

from radiograde.model.scoring.intervals import Intervals, Width, basis
from radiograde.model.scoring.scales import BRIXIA, ZONE

RULE = Width(base=1.0, spread=2.0, middle=0.5)
RAW: dict[str, Any] = {
    "level": 0.9,
    "zones": [0.5, 1, 0.2],
    "brixia": [2, 1, 1.5],
    "geographic_extent": [1, 0, 0],
    "opacity": [0.8, 0.1, 0],
}


def test_a_half_width_is_made_of_a_base_the_looks_and_the_middle() -> None:
    values, spread = np.array([0.0, 9.0, 18.0, 4.5]), np.array([0.0, 0.0, 0.25, 1.0])
    np.testing.assert_allclose(RULE.half(values, spread, BRIXIA), [1.0, 1.5, 1.5, 3.375])


def test_the_middle_counts_in_full_at_the_middle_of_any_scale_and_not_at_its_ends() -> None:
    made_of = basis(np.array([0.0, 1.5, 3.0]), np.array([0.1, 0.2, 0.3]), ZONE)
    np.testing.assert_allclose(made_of, [[1, 0.1, 0], [1, 0.2, 1], [1, 0.3, 0]])


def test_an_interval_is_wider_where_the_looks_disagree() -> None:
    assert RULE.around(9.0, 0.0, BRIXIA) == (7.5, 10.5)
    assert RULE.around(9.0, 1.0, BRIXIA) == (5.5, 12.5)


def test_an_interval_ends_where_its_scale_does() -> None:
    assert Width(2.0).around(0.5, 0.0, ZONE) == (0.0, 2.5)
    assert Width(2.0).around(2.5, 0.0, ZONE) == (0.5, 3.0)
    assert Width(18.0).around(7.0, 0.0, BRIXIA) == (0.0, 18.0)


def test_every_scale_takes_its_own_rule_from_the_metadata() -> None:
    rules = Intervals.parse(RAW)
    assert rules == Intervals(
        0.9, Width(0.5, 1.0, 0.2), Width(2.0, 1.0, 1.5), Width(1.0), Width(0.8, 0.1, 0.0)
    )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"zones": [0.5, 1]}, ValueError),
        ({"zones": 0.5}, TypeError),
        ({"opacity": [1, "wide", 0]}, ValueError),
        ({"level": None}, TypeError),
    ],
)
def test_a_rule_of_another_form_is_refused(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Intervals.parse(RAW | change)


@pytest.mark.parametrize("name", RAW)
def test_a_rule_that_is_missing_is_refused(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Intervals.parse({key: value for key, value in RAW.items() if key != name})
