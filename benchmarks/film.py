"""The film that is timed: a phantom at the size of a modern detector."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.phantom import PhantomSpec, draw

ROWS, COLUMNS = 3056, 2544
GRAIN = 0.003
"""Standard deviation of the detector's noise, which compressed size and decoding hang on."""


def film() -> NDArray[np.float32]:
    """Return a phantom with involved lower zones: (3056, 2544) float32 in [0, 1], 0 = air."""
    small = draw(PhantomSpec(rows=ROWS // 4, columns=COLUMNS // 4, zones={"C": 2, "F": 3}))
    large = Image.fromarray(small.pixels).resize((COLUMNS, ROWS), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(0).normal(0, GRAIN, (ROWS, COLUMNS))
    pixels: NDArray[np.float32] = np.clip(np.asarray(large) + noise, 0, 1).astype(np.float32)
    return pixels
