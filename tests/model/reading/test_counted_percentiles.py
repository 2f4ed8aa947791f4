"""Percentiles by counts are those of all values."""

from __future__ import annotations

import numpy as np
import pytest

from radiograde.model.reading.counted_percentiles import counted_percentiles

PERCENTS = (0, 5, 33.3, 50, 95, 100)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("distinct", [1, 2, 300])
def test_they_are_those_of_all_values(seed: int, distinct: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.random(distinct, dtype=np.float32), 2)
    counts = rng.integers(0, 4, distinct)
    counts[rng.integers(distinct)] = 3
    expected = np.percentile(np.repeat(values, counts), PERCENTS)
    assert counted_percentiles(values, counts, PERCENTS) == pytest.approx(expected, abs=1e-6)
