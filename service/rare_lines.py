"""Lines of the log that callers bring about: each once in a while, so that they fill no disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

EVERY_S = 10.0
"""Between two lines about the same."""

_MOST_REMEMBERED = 1000


class RareLines:
    """Knows what was said last; safe to share among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[Hashable, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def unsaid(self, key: Hashable) -> int | None:
        """Return how often nothing was said since the last line; None: nothing is to be said."""
        now = self._clock()
        with self._lock:
            last_s, count = self._last.get(key, (now - EVERY_S, 0))
            if now - last_s < EVERY_S:
                self._last[key] = (last_s, count + 1)
                return None
            if len(self._last) >= _MOST_REMEMBERED:
                self._last.pop(next(iter(self._last)))
            self._last[key] = (now, 0)
            return count
