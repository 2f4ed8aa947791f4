"""Two models on the same films, and the verdict on the second."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from radiograde.training.acceptance.acceptance_limits import load_limits
from radiograde.training.comparison.paired_figures import (
    PairedFigures,
    Verdict,
    overall,
    paired_figures,
)
from tests.training.acceptance.graded import graded_films, read_films

LIMITS = load_limits()
NAN = float("nan")


def noise(number: int, share: float = 1.0) -> float:
    return share * float(np.random.default_rng(number).normal())


def figures_of(
    first: Callable[[int, float], float], second: Callable[[int, float], float], count: int = 60
) -> PairedFigures:
    films = read_films(count)
    return paired_figures(graded_films(films, first), graded_films(films, second), LIMITS)


@pytest.mark.parametrize(
    ("share", "verdict"), [(0.3, "better"), (1.1, "not worse"), (3.0, "worse")]
)
def test_the_error_decides(share: float, verdict: Verdict) -> None:
    found = figures_of(
        lambda number, mean: mean + noise(number),
        lambda number, mean: mean + noise(number, share),
    )
    (brixia,) = found.scales
    assert (found.verdict, brixia.verdict) == (verdict, verdict)
    assert brixia.error.value == pytest.approx(
        (share - 1) * np.mean([abs(noise(number)) for number in range(60)])
    )
    assert brixia.margin == LIMITS.brixia.beyond_second_reader


def test_few_films_with_much_noise_decide_nothing() -> None:
    found = figures_of(
        lambda number, mean: mean + noise(number, 3),
        lambda number, mean: mean + noise(number + 100, 3),
        count=12,
    )
    assert found.verdict == "undecided"


def test_a_model_that_leaves_more_films_ungraded_is_not_better() -> None:
    def second(number: int, mean: float) -> float:
        return NAN if number % 5 == 0 else mean

    found = figures_of(lambda number, mean: mean + 2 * noise(number), second)
    assert found.scales[0].verdict == "better"
    assert found.scales[0].films == 48
    assert found.lost.value == pytest.approx(0.2)
    assert found.verdict == "worse"


def test_a_shift_shows_in_bias_and_in_how_far_films_moved() -> None:
    found = figures_of(lambda number, mean: mean - 0.5, lambda number, mean: mean + 0.5)
    (brixia,) = found.scales
    assert (brixia.bias.value, brixia.moved.value, brixia.error.value) == (1.0, 1.0, 0.0)


def test_without_readers_nothing_is_decided() -> None:
    films = read_films(3)
    same = graded_films(films, lambda number, mean: mean)
    assert paired_figures(same, same, LIMITS).verdict == "undecided"


@pytest.mark.parametrize(
    ("verdicts", "all_of_them"),
    [
        (["better", "not worse"], "better"),
        (["not worse", "not worse"], "not worse"),
        (["better", "undecided"], "undecided"),
        (["better", "undecided", "worse"], "worse"),
    ],
)
def test_one_bad_scale_is_enough(verdicts: list[Verdict], all_of_them: Verdict) -> None:
    assert overall(verdicts) == all_of_them
