"""How many films an acceptance test needs, beside simulated tests of so many films."""

from __future__ import annotations

import numpy as np
import pytest

from radiograde.model.scoring.scorer import Scorer
from radiograde.training.acceptance.acceptance_limits import load_limits
from radiograde.training.acceptance.film_plan import (
    SIZES,
    Expected,
    expected_of_file,
    expected_of_films,
    needed_table,
    precision_table,
)
from radiograde.training.errors import UnfitDataError
from tests.training.acceptance.graded import graded_films, read_films

LIMITS = load_limits()
EXPECTED = Expected("brixia", -0.3, 2.4, 0.9, 0.01, (0.1, 2.0), "a test")


def needed(expected: Expected) -> dict[str, str]:
    return {what: films for what, _, films in needed_table(expected, LIMITS).rows}


def test_with_so_many_films_bias_is_certain_in_eight_of_ten_tests() -> None:
    films = int(needed(EXPECTED)["bias"])
    rng = np.random.default_rng(0)
    tests = rng.normal(EXPECTED.bias, EXPECTED.deviation, (4000, films))
    half = 1.96 * tests.std(1, ddof=1) / np.sqrt(films)
    certain = (np.abs(tests.mean(1)) + half <= LIMITS.brixia.bias).mean()
    assert certain == pytest.approx(0.8, abs=0.03)


def test_with_so_many_films_coverage_is_certain_in_eight_of_ten_tests() -> None:
    films = int(needed(EXPECTED)["intervals that hold"])
    held = np.random.default_rng(0).binomial(films, EXPECTED.coverage, 4000) / films
    half = 1.96 * np.sqrt(held * (1 - held) / films)
    assert (held - half >= LIMITS.brixia.coverage).mean() == pytest.approx(0.8, abs=0.05)


def test_no_number_of_films_makes_a_model_keep_what_it_misses() -> None:
    far = Expected("brixia", 1.5, 2.4, 0.8, 0.1, (0.6, 2.0), "a test")
    assert set(needed(far).values()) == {"none: what is expected misses the limit"}


def test_the_model_file_tells_what_to_expect_of_it() -> None:
    expected = expected_of_file(Scorer(threads=1).metadata)
    assert (expected.scale, expected.known_from) == ("brixia", "the model file")
    assert expected.beyond is not None
    table = precision_table(expected)
    assert [row[0] for row in table.rows] == [str(size) for size in SIZES]
    halves = [float(row[2].removeprefix("±")) for row in table.rows]
    assert halves == sorted(halves, reverse=True)


def test_films_tell_more_exactly() -> None:
    graded = graded_films(read_films(40), lambda number, mean: mean + 1 + (-1) ** number)
    found = expected_of_films(graded)
    assert (found.bias, found.deviation, found.coverage, found.lost) == (1.0, 1.0, 1.0, 0.0)
    assert found.known_from == "40 films"
    with pytest.raises(UnfitDataError, match="readers' scores"):
        expected_of_films(graded_films(read_films(3), lambda number, mean: mean))
