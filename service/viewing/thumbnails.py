"""Small pictures of films, to tell them apart; made when first asked for, then kept beside them."""

from __future__ import annotations

import io

from PIL import Image

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading import film_file
from radiograde.model.reading.radiograph import Radiograph
from radiograde.service.documents.drawing import grey_levels, resized
from radiograde.service.errors import UndocumentedError
from radiograde.service.films.archive import Archive
from radiograde.service.processes.runner import INLINE, WorkRunner
from radiograde.service.viewing.kept_pictures import KeptPictures

NAME = "thumbnail.jpg"
SIDE = 144
"""Longest side in pixels: 72 on the page, for screens of twice the density."""

QUALITY = 82


def thumbnails(archive: Archive, limits: Limits, runner: WorkRunner = INLINE) -> KeptPictures:
    """Return what makes and keeps thumbnails, small JPEGs."""
    return KeptPictures(NAME, make_thumbnail, archive, limits, runner)


def make_thumbnail(archive: Archive, limits: Limits, film_id: str, is_chest: bool) -> bytes:
    """Return the thumbnail of a kept film.

    Raises:
        UndocumentedError: the film is no longer kept, or cannot be read.
    """
    content = archive.film(film_id)
    try:
        film = film_file.read(content, limits=limits)
    except RadiogradeError as error:
        raise UndocumentedError(f"The film cannot be shown. {error.message}") from error
    return thumbnail(film if is_chest else film.as_stored())


def thumbnail(film: Radiograph) -> bytes:
    """Return a film as a grey JPEG whose longest side is ``SIDE`` pixels."""
    rows, columns = film.shape
    scale = SIDE / max(rows, columns)
    small = resized(film.pixels, (max(1, round(columns * scale)), max(1, round(rows * scale))))
    buffer = io.BytesIO()
    Image.fromarray(grey_levels(small)).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
