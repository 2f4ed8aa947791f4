"""Films and maps that viewers are shown in tests."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

RNG = np.random.default_rng(5)
ROWS, COLUMNS = 300, 240
FULL: dict[str, Any] = {"center": 2048, "width": 4096, "function": "LINEAR_EXACT"}


def ramp(high: int = 4095, rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.uint16]:
    """Return a film that holds all values up to ``high``, with grain."""
    down = np.linspace(0, high, rows)[:, None]
    grain = RNG.normal(0, high / 20, (rows, columns))
    return np.clip(down + grain, 0, high).astype(np.uint16)


def lungs(rows: int = 64, columns: int = 64) -> NDArray[np.uint8]:
    """Return maps of two elliptic lungs whose opacity grows downwards."""
    y, x = np.mgrid[:rows, :columns] + 0.5
    planes = [255 * y / rows]
    for middle, width, height in ((0.3, 0.18, 0.38), (0.7, 0.16, 0.34)):
        distance = np.hypot((x / columns - middle) / width, (y / rows - 0.5) / height)
        planes.append(np.clip(127.5 + 400 * (1 - distance), 0, 255))
    return np.stack(planes).astype(np.uint8)


def grey(values: NDArray[Any], window: dict[str, Any]) -> Any:
    """Return PS3.3 C.11.2.1.2 and C.11.2.1.3.1, 0-255."""
    values = values.astype(np.float64)
    center, width = window["center"], window["width"]
    if window["function"] == "SIGMOID":
        return 255 / (1 + np.exp(-4 * (values - center) / width))
    if window["function"] == "LINEAR":
        center, width = center - 0.5, width - 1
        if width == 0:
            return np.where(values <= center, 0.0, 255.0)
    return np.clip((values - center) / width + 0.5, 0, 1) * 255
