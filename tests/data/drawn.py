"""Drawn films that no thumbnail takes for one another, and how they are saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from radiograde.data.phantom import Phantom, PhantomSpec, draw
from radiograde.model.scoring.scales import ZONES

SHAPE = (128, 112)


def phantom(seed: int = 0) -> Phantom:
    """Return a small film, ill in two zones that depend on the seed."""
    zones = {ZONES[seed % 6]: 3.0, ZONES[(seed + 2) % 6]: 2.0}
    return draw(PhantomSpec(*SHAPE, zones=zones, seed=seed))


def save(path: Path, pixels: ArrayLike, **options: Any) -> None:
    """Write pixels in [0, 1] as an 8-bit picture; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = (np.asarray(pixels, np.float32) * 255).astype(np.uint8)
    Image.fromarray(grey).save(path, **options)
