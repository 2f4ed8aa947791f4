"""Films and lungs as PNG, as training reads them: nothing of the header is in them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Maps
from radiograde.service.documents.maps import LUNG, resized

_FAST = 1
"""Compression: higher levels take several times as long and save a tenth."""


def film_png(film: Radiograph) -> bytes:
    """Return the graded pixels, upright and air black, at 16 bits."""
    return _png(np.rint(film.pixels * 65535).astype(np.uint16))


def lungs_png(film: Radiograph, maps: Maps) -> bytes:
    """Return the lungs that the model outlined: 1 the patient's right, 2 the left, 0 elsewhere."""
    rows, columns = film.pixels.shape
    right, left = (resized(lung, (columns, rows)) > LUNG for lung in maps.lungs)
    return _png(np.where(right, 1, np.where(left, 2, 0)).astype(np.uint8))


def _png(values: np.ndarray[tuple[int, ...], np.dtype[np.uint8 | np.uint16]]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG", compress_level=_FAST)
    return buffer.getvalue()
