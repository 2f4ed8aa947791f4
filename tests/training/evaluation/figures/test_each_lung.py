"""Each lung on its own: a film's total can be right while its lungs are exchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.data.film import Film, Reading
from radiograde.model.scoring.scales import BRIXIA, EXTENT, ZONES
from radiograde.training.evaluation.figures.each_lung import (
    BY_ZONES,
    OWN_SCALE,
    lung_scores,
    readers_of_lungs,
)
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.served.served_grading import ServedGrading, ServedScore
from tests.training.samples import film

COUNT = 40


@pytest.fixture
def lungs() -> NDArray[np.float64]:
    """Return what readers gave each lung, (N, 2) in 0-4."""
    return np.random.default_rng(3).integers(0, 5, (COUNT, 2)).astype(float)


def read(number: int, right: float, left: float) -> Film:
    """Return a film whose lungs R1 graded so on extent, and R2 half a point off either way."""
    readings = [
        Reading("geographic_extent", reader, side, value + off, 4.0)
        for reader, off in (("R1", 0.5), ("R2", -0.5))
        for side, value in (("right", right), ("left", left))
    ]
    return film(number, readings=tuple(readings))


def by_zones(right: float, left: float) -> ServedGrading:
    """Return a grading whose zones of each lung sum up to these."""
    values = dict(zip(ZONES, [right / 3] * 3 + [left / 3] * 3, strict=True))
    values |= {"brixia": right + left, "geographic_extent": 1.0, "opacity": 1.0}
    scores = {name: ServedScore(value, value, value) for name, value in values.items()}
    return ServedGrading("scored", scores=scores)


def served(lungs: NDArray[np.float64], graded: NDArray[np.float64]) -> GradedFilms:
    films = [read(n, *pair) for n, pair in enumerate(lungs.tolist())]
    return GradedFilms.served(films, [by_zones(*pair) for pair in graded.tolist()])


def test_lungs_are_compared_by_their_zones_where_they_have_no_score_of_the_scale(
    lungs: NDArray[np.float64],
) -> None:
    (found,) = lung_scores(served(lungs, lungs * 2))
    assert (found.scale, found.graded_by, found.films) == ("geographic_extent", BY_ZONES, COUNT)
    assert found.mae.value is None
    for one in (found.right, found.left, found.difference, found.same_side):
        assert one.value == pytest.approx(1.0)
    assert found.worse == (np.abs(lungs[:, 0] - lungs[:, 1]) >= 0.5).sum()


def test_exchanged_lungs_show_though_the_total_is_right(lungs: NDArray[np.float64]) -> None:
    (found,) = lung_scores(served(lungs, lungs[:, ::-1]))
    assert found.same_side.value == 0.0
    assert found.difference.value == pytest.approx(-1.0)


def test_a_score_of_the_lung_itself_has_an_error_in_points(lungs: NDArray[np.float64]) -> None:
    films = served(lungs, lungs)
    own = {**films.lungs, EXTENT.name: lungs + np.array([0.5, -0.25])}
    (found,) = lung_scores(replace(films, lungs=own))
    assert found.graded_by == OWN_SCALE
    assert found.mae.value == pytest.approx(0.375)


def test_readers_of_zones_graded_lungs_too() -> None:
    films = [film(0, brixia={"S": (1, 2, 3, 0, 0, 1), "J": (1, 2, 1, 0, 2, 1)}), film(1)]
    graded = readers_of_lungs(films, BRIXIA)
    assert graded[0].tolist() == [5.0, 2.0]
    assert np.isnan(graded[1]).all()


def test_a_film_that_was_turned_away_and_one_lung_alone_count_for_nothing(
    lungs: NDArray[np.float64],
) -> None:
    films = [read(n, *pair) for n, pair in enumerate(lungs.tolist())]
    films[0] = film(0, readings=films[0].readings[:1])
    gradings = [by_zones(*pair) for pair in lungs.tolist()]
    gradings[1] = ServedGrading("rejected", ("not_chest",))
    (found,) = lung_scores(GradedFilms.served(films, gradings))
    assert found.films == COUNT - 2
    assert lung_scores(GradedFilms.served(films[:4], gradings[:4])) == []
