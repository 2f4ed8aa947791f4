"""Small pictures of films, from the cache of decoded films."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.report.parts import Plot
from radiograde.training.report.style import data_uri

SIDE = 320
QUALITY = 82


def thumbnail(cache: FilmCache, index: int, title: str, alt: str) -> Plot:
    """Return film ``index`` as JPEG, its longer side at most ``SIDE`` pixels."""
    square = np.asarray(cache.cells[index, 0], np.float32)
    film = cache.frame(index).crop(square).astype(np.uint8)
    picture = Image.fromarray(film)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = BytesIO()
    picture.save(file, format="JPEG", quality=QUALITY)
    return Plot(title, data_uri("image/jpeg", file.getvalue()), alt, *picture.size)
