"""Films as viewers show them, decoded once for what is asked of them in a row."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future

from radiograde.model.display.viewable import Viewable, viewable
from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import open_film
from radiograde.service.errors import UndocumentedError
from radiograde.service.films.archive import Archive
from radiograde.service.processes.runner import INLINE, WorkRunner

MOST_BYTES = 96 * 2**20
"""Pixels that are remembered: of two large films, which a reader compares, and then some."""

AT_ONCE = 2


class DecodedFilms:
    """Decodes kept films and remembers the last ones; safe to share among threads.

    ``runner``: where they are decoded.
    """

    def __init__(
        self,
        archive: Archive,
        limits: Limits,
        runner: WorkRunner = INLINE,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._archive = archive
        self._limits = limits
        self._runner = runner
        self._most_bytes = most_bytes
        self._films: OrderedDict[str, Future[Viewable]] = OrderedDict()
        self._lock = threading.Lock()
        self._places = threading.Semaphore(AT_ONCE)

    def get(self, film_id: str) -> Viewable:
        """Return a kept film; callers that ask at the same time share one decoding.

        Raises:
            UndocumentedError: it is no longer kept, or cannot be read.
            CutShortError: decoding it ended before it was done.
        """
        with self._lock:
            film = self._films.get(film_id)
            is_new = film is None
            if film is None:
                film = self._films[film_id] = Future()
            self._films.move_to_end(film_id)
        if is_new:
            self._fill(film_id, film)
        return film.result()

    def _fill(self, film_id: str, film: Future[Viewable]) -> None:
        try:
            with self._places:
                film.set_result(self._decode(film_id))
        except BaseException as error:
            film.set_exception(error)
            with self._lock:
                del self._films[film_id]
            raise
        with self._lock:
            self._forget_oldest()

    def _decode(self, film_id: str) -> Viewable:
        archive = self._archive.portable(film_id)
        return self._runner.run(decode_film, archive, self._limits, film_id)

    def _forget_oldest(self) -> None:
        """Let go of films until they fit; the newest stays, however large it is."""
        done = [id for id, film in self._films.items() if film.done()]
        size = sum(self._films[id].result().pixels.nbytes for id in done)
        for id in done[:-1]:
            if size <= self._most_bytes:
                return
            size -= self._films.pop(id).result().pixels.nbytes


def decode_film(archive: Archive, limits: Limits, film_id: str) -> Viewable:
    """Return a kept film before its window.

    Raises:
        UndocumentedError: it is no longer kept, or cannot be read.
    """
    content = archive.film(film_id)
    try:
        return viewable(open_film(content, limits))
    except RadiogradeError as error:
        raise UndocumentedError(f"The film cannot be shown. {error.message}") from error
