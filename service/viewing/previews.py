"""A film at a screen's size, for the page to show at once: its view, its maps, and mean pixels.

A preview is three 32-bit words, little-endian, and three parts. The words say how many bytes the
first and the second part have, and how many film pixels a preview pixel spans each way. The parts
are the JSON of the :class:`View` of the whole film, its maps as in :func:`map_bytes`, and the
pixels as in :mod:`..packed_pixels`: each is the mean of the film pixels that it spans.

One of a large film is kept beside it, without maps; a small film is its own preview.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radiograde import __version__
from radiograde.model.display.viewable import Viewable
from radiograde.model.limits import Limits
from radiograde.model.reading.box_means import box_means
from radiograde.model.scoring.result import Maps
from radiograde.service.films.archive import Archive
from radiograde.service.processes.runner import INLINE, WorkRunner
from radiograde.service.viewing.decoded_films import decode_film
from radiograde.service.viewing.kept_pictures import KeptPictures
from radiograde.service.viewing.packed_pixels import packed
from radiograde.service.viewing.view import View, map_bytes, shape_of, view_of

_ENDING = ".preview"
NAME = f"{__version__}{_ENDING}"
"""Another version may read films in another way."""

SIDE = 1280
"""Most pixels along the longest side: what a screen shows of a film that stands beside a list."""

_HEAD = struct.Struct("<III")


@dataclass(frozen=True, slots=True)
class Preview:
    """A film at a screen's size. ``reach``: film pixels that a pixel spans each way."""

    view: View
    reach: int
    pixels: bytes

    def encoded(self, maps: Maps | None = None) -> bytes:
        """Return it as bytes, with maps where the film has some that may be shown."""
        shape = None if maps is None else shape_of(maps)
        view = json.dumps(self.view.model_copy(update={"maps": shape}).to_json()).encode()
        planes = b"" if maps is None else map_bytes(maps)
        return _HEAD.pack(len(view), len(planes), self.reach) + view + planes + self.pixels

    @classmethod
    def decoded(cls, content: bytes) -> Preview:
        """Return the preview that was encoded, without its maps."""
        view, planes, reach = _HEAD.unpack_from(content)
        end = _HEAD.size + view
        return cls(
            View.model_validate_json(content[_HEAD.size : end]), reach, content[end + planes :]
        )


def previews(archive: Archive, limits: Limits, runner: WorkRunner = INLINE) -> KeptPictures:
    """Return what makes and keeps previews, without maps."""
    return KeptPictures(NAME, make_preview, archive, limits, runner)


def make_preview(archive: Archive, limits: Limits, film_id: str, is_chest: bool) -> bytes:
    """Return the preview of a kept film, without maps; those of other versions are removed.

    Raises:
        UndocumentedError: the film is no longer kept, or cannot be read.
    """
    film = decode_film(archive, limits, film_id)
    archive.drop_documents(film_id, _ENDING, but=NAME)
    return preview_of(film if is_chest else film.as_stored()).encoded()


def preview_of(film: Viewable) -> Preview:
    """Return a film at a screen's size."""
    reach = reach_for(film.pixels.shape)
    return Preview(view_of(film, None), reach, packed(_means(film.pixels, reach)))


def reach_for(shape: tuple[int, ...]) -> int:
    """Return how many film pixels a preview pixel spans each way, a power of two."""
    reach = 1
    while max(shape) > SIDE * reach:
        reach *= 2
    return reach


def _means(pixels: NDArray[np.uint16], reach: int) -> NDArray[np.uint16]:
    if reach == 1:
        return pixels
    means = box_means(pixels, reach, lambda rows: rows.astype(np.uint32))
    return np.rint(means).astype(np.uint16)
