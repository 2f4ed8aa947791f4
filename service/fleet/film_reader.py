"""Opening a film where its place says: on disk, in an object store, on a DICOMweb server."""

from __future__ import annotations

from pathlib import Path

from radiograde.model.errors import UnreadableError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.service.errors import UnreachableError
from radiograde.service.fleet.archive_film import ArchiveFilm
from radiograde.service.fleet.asking_again import asked_again
from radiograde.service.fleet.film_listing import DICOMWEB, image_at
from radiograde.service.fleet.store_url import URL, store_at
from radiograde.service.grading.grade_film import open_file
from radiograde.service.pacs.query_retrieve import Pacs


class FilmReader:
    """Opens films of an archive; safe to share among threads."""

    def __init__(self, limits: Limits, pacs: Pacs | None) -> None:
        self._limits = limits
        self._pacs = pacs

    def film(self, film: ArchiveFilm) -> FilmFile:
        """Return a film that was listed.

        Raises:
            UnreachableError: the archive does not answer, asked several times.
            RadiogradeError: it answers that there is no such film, or it is too large.
        """
        if film.place.startswith(DICOMWEB):
            content = asked_again(lambda: self._of_server(film.place))
        elif URL.match(film.place):
            content = asked_again(lambda: self._of_store(film))
        else:
            return open_file(Path(film.place), self._limits)
        return open_film(content, self._limits)

    def _of_server(self, place: str) -> bytes:
        if self._pacs is None:
            raise UnreachableError("The server of a film is not in the site file.")
        came: list[bytes] = []
        with self._pacs.session() as session:
            session.retrieve(image_at(place), came.append)
        return came[0]

    def _of_store(self, film: ArchiveFilm) -> bytes:
        try:
            files, path = store_at(film.place)
            size = film.mark[1] or files.size(path) or 0
            content: bytes = files.cat_file(path) if size <= self._limits.max_bytes else b""
        except FileNotFoundError as error:
            raise UnreadableError("The film is no longer there.") from error
        except Exception as error:
            raise UnreachableError(f"A film cannot be had ({type(error).__name__}).") from error
        self._limits.check_bytes(size)
        return content
