"""What a viewer needs to know of a film beside its pixels."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radiograde.model.display.viewing import Viewable
from radiograde.model.reading.lut import Lut
from radiograde.model.reading.window import Window
from radiograde.model.scoring.result import Maps

FULL = 255


def view_json(film: Viewable, maps: Maps | None) -> dict[str, Any]:
    """Return the film's size, scale, windows and orientation as plain JSON types."""
    rows, columns = film.pixels.shape
    spacing = film.pixel_spacing_mm
    return {
        "rows": rows,
        "columns": columns,
        "slope": film.slope,
        "intercept": film.intercept,
        "inverted": film.inverted,
        "windows": [_window(name, window) for name, window in film.windows],
        "lut": None if film.lut is None else _lut(film.lut),
        "spacing_mm": None if spacing is None else list(spacing),
        "orientation": {"known": film.sides_known, "flipped": list(film.flipped)},
        "maps": None if maps is None else _maps(maps),
    }


def pixel_bytes(film: Viewable) -> memoryview:
    """Return the pixels row by row, 16-bit little-endian; not copied where they lie so."""
    return np.ascontiguousarray(film.pixels, "<u2").data.cast("B")


def map_bytes(maps: Maps) -> bytes:
    """Return opacity, the patient's right lung and the left lung, a byte a point, 255 = 1."""
    planes: NDArray[np.float32] = np.concatenate((maps.opacity[None], maps.lungs))
    return np.rint(FULL * np.clip(planes, 0, 1)).astype(np.uint8).tobytes()


def _window(name: str, window: Window) -> dict[str, Any]:
    return {
        "name": name,
        "center": window.centre,
        "width": window.width,
        "function": window.curve,
    }


def _lut(lut: Lut) -> dict[str, Any]:
    greys = np.rint(FULL * lut.entries / lut.highest).astype(np.uint8)
    return {"first": lut.first, "values": base64.b64encode(greys.tobytes()).decode("ascii")}


def _maps(maps: Maps) -> dict[str, Any]:
    rows, columns = maps.opacity.shape
    return {
        "rows": rows,
        "columns": columns,
        "borders": list(maps.borders),
        "involved": maps.involved,
    }
