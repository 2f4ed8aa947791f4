"""Previews of listed films are made before one of them is opened, one at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

import structlog

log = structlog.get_logger("radiograde.viewing")

MOST_WAITING = 200
MOST_REMEMBERED = 10_000


class PreviewsAhead:
    """Has previews made on a thread of its own, those asked for last first; shared among threads.

    ``prepare``: makes one by its film's id, where need be. What cannot be made is left to whoever
    opens the film.
    """

    def __init__(self, prepare: Callable[[str], None]) -> None:
        self._prepare = prepare
        self._waiting: OrderedDict[str, None] = OrderedDict()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def ask(self, film_ids: Iterable[str]) -> None:
        """Have previews made of films of which that was not asked before, the first one first."""
        with self._changed:
            for film_id in reversed(list(film_ids)):
                if film_id not in self._known:
                    self._known[film_id] = self._waiting[film_id] = None
            _keep_newest(self._known, MOST_REMEMBERED)
            _keep_newest(self._waiting, MOST_WAITING)
            if self._waiting and self._thread is None and not self._is_closed:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Begin no more; what is being made is not waited for."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _run(self) -> None:
        while (film_id := self._next()) is not None:
            try:
                self._prepare(film_id)
            except Exception as error:  # noqa: BLE001 - whatever decoding may raise, the next is made
                log.info("no_preview", film_id=film_id, type=type(error).__name__)

    def _next(self) -> str | None:
        """Wait for a film; None once nothing is to be made any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._waiting)
            return None if self._is_closed else self._waiting.popitem()[0]


def _keep_newest(films: OrderedDict[str, None], most: int) -> None:
    while len(films) > most:
        films.popitem(last=False)
