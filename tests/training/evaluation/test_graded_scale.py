from __future__ import annotations

import numpy as np
import pytest

from radiograde.model.scoring.scales import EXTENT, ZONE
from radiograde.training.evaluation.graded_scale import GradedScale, graded_scales
from radiograde.training.evaluation.reference_standard import References
from tests.training.samples import film, predictions, random_zones, whole

COUNT = 30


def test_each_scale_has_its_own_spread_and_truth() -> None:
    grades = random_zones(COUNT)
    films = [
        film(n, brixia={"S": whole(zones)}, geographic_extent=2.0, opacity=3.0)
        for n, zones in enumerate(grades)
    ]
    spread = np.tile(np.arange(9, dtype=np.float32), (COUNT, 1))
    found = predictions(grades, spread=spread, opacity=np.full(COUNT, 5.0, np.float32))
    scales = graded_scales(found, References.of(films), np.arange(COUNT) % 3)
    assert list(scales) == ["zones", "brixia", "geographic_extent", "opacity"]
    zones = scales["zones"]
    np.testing.assert_array_equal(zones.values.reshape(COUNT, 6), grades)
    np.testing.assert_array_equal(zones.spread.reshape(COUNT, 6), spread[:, :6])
    np.testing.assert_array_equal(zones.truth, zones.values)
    np.testing.assert_array_equal(zones.folds.reshape(COUNT, 6)[:, 5], np.arange(COUNT) % 3)
    np.testing.assert_array_equal(scales["brixia"].values, grades.sum(1))
    assert [set(scales[name].spread) for name in list(scales)[1:]] == [{6.0}, {7.0}, {8.0}]
    assert set(scales["geographic_extent"].truth) == {2.0}
    assert (set(scales["opacity"].values), set(scales["opacity"].truth)) == ({5.0}, {3.0})


def test_a_width_is_what_is_left_after_the_ends_of_the_scale_cut_it() -> None:
    values = np.array([0.0, 1.5, 3.0] * 10)
    known = GradedScale(ZONE, values, 0 * values, values + 0.5, np.arange(30) % 3)
    np.testing.assert_allclose(known.widths()[:3], [0.5, 1.0, 0.5], atol=1e-6)
    found = known.figures(np.arange(30) < 15)
    assert found == {"share": 0.5, "median_width": pytest.approx(0.5)}
    few = GradedScale(EXTENT, np.full(4, 3.0), np.zeros(4), np.full(4, 3.0), np.arange(4))
    assert set(few.widths()) == {8.0}
