import numpy as np
import pytest

from radiograde.training.evaluation.reference_standard import ReferenceStandard
from tests.training.samples import film

FILMS = [
    film(0, brixia={"S": (0, 1, 2, 3, 2, 1), "J": (1, 1, 2, 3, 2, 3)}, geographic_extent=4.0),
    film(1, brixia={"J": (3,) * 6}, opacity=3.0, opacity_max=6.0, cohen94=True),
    film(2, opacity=3.0, opacity_max=8.0, peers={"bsnet_brixia": 7.0}),
    film(3, opacity=2.0, peers={"pxs": 1.5}),
]


@pytest.fixture
def standard() -> ReferenceStandard:
    return ReferenceStandard.of(FILMS)


def test_the_zones_are_the_mean_of_those_who_read_the_film(standard: ReferenceStandard) -> None:
    np.testing.assert_array_equal(standard.zones[0], [0.5, 1, 2, 3, 2, 2])
    np.testing.assert_array_equal(standard.zones[1], [3] * 6)
    assert np.isnan(standard.zones[2:]).all()


def test_the_global_score_is_the_sum_of_the_zones(standard: ReferenceStandard) -> None:
    np.testing.assert_array_equal(standard.brixia, [10.5, 18, np.nan, np.nan])
    np.testing.assert_array_equal(standard.of_reader("S"), [9] + [np.nan] * 3)
    np.testing.assert_array_equal(standard.of_reader("J"), [12, 18, np.nan, np.nan])


def test_opacity_is_on_one_scale_and_cohens_films_are_also_on_theirs(
    standard: ReferenceStandard,
) -> None:
    np.testing.assert_array_equal(standard.opacity, [np.nan, 4, 3, 2])
    np.testing.assert_array_equal(standard.cohen_opacity(), [np.nan, 3, np.nan, np.nan])
    np.testing.assert_array_equal(standard.extent, [4] + [np.nan] * 3)


def test_a_comparator_that_graded_nothing_is_missing_everywhere(
    standard: ReferenceStandard,
) -> None:
    np.testing.assert_array_equal(
        standard.of_comparator("bsnet_brixia"), [np.nan, np.nan, 7, np.nan]
    )
    np.testing.assert_array_equal(standard.of_comparator("pxs"), [np.nan] * 3 + [1.5])
    np.testing.assert_array_equal(standard.of_comparator("nobody"), [np.nan] * 4)


@pytest.mark.filterwarnings("error")
def test_films_that_nobody_read_have_a_reference_standard_too() -> None:
    standard = ReferenceStandard.of([film(0), film(1)])
    assert np.isnan(standard.zones).all()
    assert np.isnan(standard.brixia).all()
    assert np.isnan(standard.cohen_opacity()).all()
