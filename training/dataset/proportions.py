"""Films that were squashed to other proportions before they were kept, as they were."""

from __future__ import annotations

import numpy as np
from PIL import Image

from radiograde.data.film import Film
from radiograde.data.film_header import FIRST_TRANSPOSED, read_header
from radiograde.model.reading.grey import Grey, Pixels


def unsquashed(grey: Grey, film: Film) -> Grey:
    """Return the film in its true proportions; its longer side stays."""
    if film.original_size is None:
        return grey
    turned = read_header(film.image).orientation >= FIRST_TRANSPOSED
    width, height = reversed(film.original_size) if turned else film.original_size
    scale = max(grey.shape) / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == grey.shape[::-1]:
        return grey
    picture = Image.fromarray(np.ascontiguousarray(grey.pixels, np.float32))
    stretched = np.asarray(picture.resize(size, Image.Resampling.BICUBIC), np.float32)
    return Pixels(stretched.clip(0.0, 1.0))
