"""A bounded number of places, of which one caller, or one address, gets no more than half."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from radiograde.model.errors import OverloadedError


class Places:
    """Places for what lasts, such as an upload; safe to share among threads."""

    def __init__(self, total: int) -> None:
        self._free = total
        self._share = max(1, total // 2)
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def held_by(self, *holders: str) -> Iterator[None]:
        """Hold one within the ``with`` block. Raises OverloadedError, as :meth:`take`."""
        release = self.take(*holders)
        try:
            yield
        finally:
            release()

    def take(self, *holders: str) -> Callable[[], None]:
        """Take a place, which counts for every holder; return what gives it back, once.

        Raises:
            OverloadedError: all are taken, or a holder has its share.
        """
        with self._lock:
            if not self._free:
                raise OverloadedError("Every place is taken. Try again in a few seconds.")
            if any(self._held[holder] >= self._share for holder in holders):
                raise OverloadedError(
                    f"You have {self._share} under way, half of all places. "
                    "Wait until one has ended."
                )
            self._free -= 1
            self._held.update(holders)
        return partial(self._give_back, holders)

    def _give_back(self, holders: tuple[str, ...]) -> None:
        with self._lock:
            self._free += 1
            self._held.subtract(holders)
            self._held = +self._held
