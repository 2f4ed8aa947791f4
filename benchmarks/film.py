"""The film that is timed: a phantom at the size of a modern detector."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PIL import Image

from radiograde.data.phantom import Phantom, PhantomSpec, draw

ROWS, COLUMNS = 3056, 2544
GRAIN = 0.003
"""Standard deviation of the detector's noise, which compressed size and decoding hang on."""


def film() -> Phantom:
    """Return a phantom with involved lower zones; ``pixels`` alone have the full size.

    It is drawn at a quarter of the size and enlarged: drawing is slow, grain is not.
    """
    small = draw(PhantomSpec(rows=ROWS // 4, columns=COLUMNS // 4, zones={"C": 2, "F": 3}))
    large = Image.fromarray(small.pixels).resize((COLUMNS, ROWS), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(0).normal(0, GRAIN, (ROWS, COLUMNS))
    return replace(small, pixels=np.clip(np.asarray(large) + noise, 0, 1).astype(np.float32))
