"""What is shown of films in small: made when first asked for, then kept beside them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from radiograde.model.limits import Limits
from radiograde.service.errors import NoSpaceError
from radiograde.service.films.archive import Archive
from radiograde.service.processes.runner import INLINE, WorkRunner

AT_ONCE = 2

Make = Callable[[Archive, Limits, str, bool], bytes]
"""Makes one of a kept film, by its id; of a chest as it was graded, else as it is stored."""


class KeptPictures:
    """Makes and keeps one kind of picture; safe to share among threads and processes.

    ``name``: of the file beside the film. ``runner``: where they are made.
    """

    def __init__(
        self, name: str, make: Make, archive: Archive, limits: Limits, runner: WorkRunner = INLINE
    ) -> None:
        self._name = name
        self._make = make
        self._archive = archive
        self._limits = limits
        self._runner = runner
        self._places = threading.Semaphore(AT_ONCE)

    def has(self, film_id: str) -> bool:
        """Return whether a film's picture is kept already."""
        return self._archive.written(film_id, self._name) is not None

    def get(self, film_id: str, *, is_chest: bool = True) -> bytes:
        """Return a kept film's picture: a chest as it was graded, all else as it is stored.

        Raises:
            UndocumentedError: the film is no longer kept, or cannot be read.
            CutShortError: making it ended before it was done.
        """
        known = self._archive.document(film_id, self._name)
        if known is not None:
            return known
        with self._places:
            archive = self._archive.portable(film_id)
            content = self._runner.run(self._make, archive, self._limits, film_id, is_chest)
        # It can be made again, so a full disk keeps nobody from seeing it.
        with suppress(NoSpaceError):
            self._archive.keep_document(film_id, self._name, content)
        return content
