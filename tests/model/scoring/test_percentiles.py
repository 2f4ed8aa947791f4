"""A percentile found near its end is that of all values."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from radiograde.model.scoring.percentiles import LEAST, percentile

DRAWN = np.random.default_rng(3)
MANY = 5 * LEAST + 7


def sloping() -> NDArray[np.float32]:
    return np.linspace(0, 1, MANY, dtype=np.float32)


def with_rare_specks() -> NDArray[np.float32]:
    """Return values of which the sampled ones are all far higher or lower than the others."""
    values = DRAWN.random(MANY, dtype=np.float32)
    values[::16] = np.where(np.arange(values[::16].size) % 2, 9, -9)
    return values


@pytest.mark.parametrize("percent", [0.0, 0.01, 0.5, 3.0, 50.0, 60.0, 97.0, 99.5, 100.0])
@pytest.mark.parametrize(
    "values",
    [
        DRAWN.random((200, 300), dtype=np.float32),
        np.round(DRAWN.random(MANY, dtype=np.float32), 2),
        np.clip(DRAWN.normal(0.5, 0.4, MANY), 0, 1).astype(np.float32),
        np.full(MANY, 0.3, np.float32),
        sloping(),
        sloping()[::-1],
        with_rare_specks(),
        DRAWN.random(LEAST - 1, dtype=np.float32),
        np.array([0.2, 0.9], np.float32),
        np.array([0.4], np.float32),
    ],
)
def test_it_is_that_of_all_values(values: NDArray[np.float32], percent: float) -> None:
    assert percentile(values, percent) == pytest.approx(np.percentile(values, percent), abs=1e-6)
