"""Kept films for the viewer: those that were scored or rejected."""

from __future__ import annotations

from typing import Any

from radiograde import __version__
from radiograde.model.display.viewable import Viewable
from radiograde.model.scoring.result import Maps
from radiograde.model.scoring.result_json import parse_result
from radiograde.service.errors import UndocumentedError
from radiograde.service.films.archive import Archive
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.viewing.decoded_films import DecodedFilms
from radiograde.service.viewing.kept_pictures import KeptPictures
from radiograde.service.viewing.packed_pixels import packed
from radiograde.service.viewing.previews import Preview, preview_of, reach_for
from radiograde.service.viewing.view import View, map_bytes, pixel_bytes, view_of


class Viewer:
    """Gives what a viewer draws; safe to share among threads.

    Every method raises NotFoundError where no result has the id, UndocumentedError where the film
    could not be read or is no longer kept, and StoreError where the database does not answer.
    """

    def __init__(
        self,
        store: ResultRepository,
        archive: Archive,
        films: DecodedFilms,
        thumbnails: KeptPictures,
        previews: KeptPictures,
    ) -> None:
        self._store = store
        self._archive = archive
        self._films = films
        self._thumbnails = thumbnails
        self._previews = previews

    def view(self, id: str) -> View:
        """Return size, scale and windows."""
        return view_of(self._film(id), self._maps(id))

    def pixels(self, id: str) -> memoryview:
        """Return the pixels, as :func:`radiograde.service.viewing.view.pixel_bytes`."""
        return pixel_bytes(self._film(id))

    def packed_pixels(self, id: str) -> bytes:
        """Return them in fewer bytes: see :mod:`radiograde.service.viewing.packed_pixels`."""
        return packed(self._film(id).pixels)

    def pixels_tag(self, id: str) -> str:
        """Return what changes whenever the pixels do: of their film, and of how it is read."""
        document = self._check(id)
        self._archive.require(id)
        return f"{document['image']['sha256']}-{__version__}"

    def maps(self, id: str) -> bytes:
        """Return the maps, as :func:`radiograde.service.viewing.view.map_bytes`."""
        self._check(id)
        maps = self._maps(id)
        if maps is None:
            raise UndocumentedError("Only a scored film that is still kept has maps.")
        return map_bytes(maps)

    def preview(self, id: str, *, with_maps: bool) -> bytes:
        """Return the film at a screen's size, as :mod:`radiograde.service.viewing.previews`."""
        document = self._check(id)
        if _is_large(document):
            preview = Preview.decoded(self._previews.get(id, is_chest=_is_chest(document)))
        else:
            preview = preview_of(self._film(id))
        return preview.encoded(self._maps(id) if with_maps else None)

    def prepare_preview(self, id: str) -> None:
        """Have the preview of a film ready that is large enough to need one."""
        document = self._check(id)
        if _is_large(document) and not self._previews.has(id):
            self._previews.get(id, is_chest=_is_chest(document))

    def thumbnail(self, id: str) -> bytes:
        """Return a small picture, as :func:`radiograde.service.viewing.thumbnails.thumbnail`."""
        return self._thumbnails.get(id, is_chest=_is_chest(self._check(id)))

    def _film(self, id: str) -> Viewable:
        document = self._check(id)
        film = self._films.get(id)
        return film if _is_chest(document) else film.as_stored()

    def _maps(self, id: str) -> Maps | None:
        return self._archive.maps(id)

    def _check(self, id: str) -> dict[str, Any]:
        """Return the document of a result whose film was read."""
        document = self._store.get(id)
        if document["status"] == "failed":
            raise UndocumentedError("This file could not be read, so it cannot be shown.")
        return document


def _is_large(document: dict[str, Any]) -> bool:
    """Return whether a film has a preview that is smaller than itself."""
    image = document["image"]
    return reach_for((image["rows"], image["columns"])) > 1


def _is_chest(document: dict[str, Any]) -> bool:
    """Return whether a film was not rejected for being something else."""
    gate = parse_result(document).gate
    return gate is None or not gate.no_chest
