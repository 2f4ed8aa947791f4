import numpy as np
import pytest

from radiograde.training.evaluation.reference_standard import References
from tests.training.samples import film

FILMS = [
    film(0, brixia={"S": (0, 1, 2, 3, 2, 1), "J": (1, 1, 2, 3, 2, 3)}, geographic_extent=4.0),
    film(1, brixia={"J": (3,) * 6}, opacity=3.0, opacity_max=6.0, cohen94=True),
    film(2, opacity=3.0, opacity_max=8.0, peers={"bsnet_brixia": 7.0}),
    film(3, opacity=2.0, peers={"pxs": 1.5}),
]


@pytest.fixture
def references() -> References:
    return References.of(FILMS)


def test_the_zones_are_the_mean_of_those_who_read_the_film(references: References) -> None:
    np.testing.assert_array_equal(references.zones[0], [0.5, 1, 2, 3, 2, 2])
    np.testing.assert_array_equal(references.zones[1], [3] * 6)
    assert np.isnan(references.zones[2:]).all()


def test_the_global_score_is_the_sum_of_the_zones(references: References) -> None:
    np.testing.assert_array_equal(references.brixia, [10.5, 18, np.nan, np.nan])
    np.testing.assert_array_equal(references.of_reader("S"), [9] + [np.nan] * 3)
    np.testing.assert_array_equal(references.of_reader("J"), [12, 18, np.nan, np.nan])


def test_opacity_is_on_one_scale_and_cohens_films_are_also_on_theirs(
    references: References,
) -> None:
    np.testing.assert_array_equal(references.opacity, [np.nan, 4, 3, 2])
    np.testing.assert_array_equal(references.cohen_opacity(), [np.nan, 3, np.nan, np.nan])
    np.testing.assert_array_equal(references.extent, [4] + [np.nan] * 3)


def test_a_peer_that_graded_nothing_is_missing_everywhere(references: References) -> None:
    np.testing.assert_array_equal(references.peer("bsnet_brixia"), [np.nan, np.nan, 7, np.nan])
    np.testing.assert_array_equal(references.peer("pxs"), [np.nan] * 3 + [1.5])
    np.testing.assert_array_equal(references.peer("nobody"), [np.nan] * 4)


@pytest.mark.filterwarnings("error")
def test_films_that_nobody_read_have_references_too() -> None:
    references = References.of([film(0), film(1)])
    assert np.isnan(references.zones).all()
    assert np.isnan(references.brixia).all()
    assert np.isnan(references.cohen_opacity()).all()
