"""Who works beside others, and who alone: work that may have ended its process before.

A process that dies takes all work in it along, and each piece counts one start. Were work that
was begun before done beside other work again, three deaths by one film would give up its neighbours
too; alone, it is the only one that a death counts against.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Lets work happen in one process side by side or alone; safe to share among threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work = 0
        self._want_alone = 0

    @contextmanager
    def take(self, *, alone: bool) -> Iterator[None]:
        """Wait for a turn, and have it within the ``with`` block; who wants it alone goes first."""
        with self._changed:
            self._want_alone += alone
            self._changed.wait_for(lambda: self._at_work == 0 if alone else self._want_alone == 0)
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._want_alone -= alone
                self._changed.notify_all()
