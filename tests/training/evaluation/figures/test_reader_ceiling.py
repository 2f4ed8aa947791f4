"""What readers' differences leave to be reached, on readers whose errors are known."""

from __future__ import annotations

import numpy as np
import pytest

from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.reader_ceiling import (
    mae_of_a_perfect_grader,
    r_of_a_perfect_grader,
    reader_ceilings,
)
from tests.training.evaluation.served.samples import graded
from tests.training.samples import film


def test_it_is_what_the_truth_itself_reaches() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(9, 4, 20_000)
    one, other = (truth + rng.normal(0, 1.7, len(truth)) for _ in range(2))
    mean = (one + other) / 2
    assert mae_of_a_perfect_grader(one, other) == pytest.approx(np.abs(truth - mean).mean(), 0.02)
    reached = np.corrcoef(truth, mean)[0, 1]
    assert r_of_a_perfect_grader(one, other) == pytest.approx(reached, abs=0.003)


def test_readers_who_agree_on_nothing_leave_nothing() -> None:
    a, b = np.array([0.0, 1.0, 2.0]), np.array([2.0, 1.0, 0.0])
    assert r_of_a_perfect_grader(a, b) is None
    assert r_of_a_perfect_grader(a, np.ones(3)) is None


def test_it_needs_two_readers_of_enough_films() -> None:
    zones = np.random.default_rng(1).integers(0, 4, (8, 2, 6))
    films = [
        film(n, brixia={"S": tuple(pair[0].tolist()), "J": tuple(pair[1].tolist())})
        for n, pair in enumerate(zones)
    ]
    gradings = [graded(5.0)] * len(films)
    (found,) = reader_ceilings(GradedFilms.served(films, gradings))
    difference = zones[:, 0].sum(1) - zones[:, 1].sum(1)
    assert (found.scale, found.readers, found.films) == ("brixia", ("J", "S"), 8)
    assert found.apart.value == pytest.approx(difference.std())
    assert reader_ceilings(GradedFilms.served(films[:4], gradings[:4])) == []
    alone = [film(n, brixia={"S": (1, 1, 1, 1, 1, 1)}) for n in range(8)]
    assert reader_ceilings(GradedFilms.served(alone, gradings)) == []
