"""The log of who was refused: each once in a while, so that nobody fills a disk by calling."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from radiograde.service.dimse.association_request import NoAssociationError, printable

log = structlog.get_logger("radiograde.node")

EVERY_S = 10.0
"""Between two lines about the same caller and reason."""

_MOST_REMEMBERED = 1000


class RefusalLog:
    """Writes a line about a refusal; safe to share among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[tuple[str, str | None, str], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def write(self, refusal: NoAssociationError, address: str) -> None:
        """Log who was refused and why; ``unsaid``: how often before, since the last such line."""
        request = refusal.request
        calling = None if request is None else printable(request.calling)
        unsaid = self._unsaid((address, calling, refusal.reason))
        if unsaid is None:
            return
        write = log.warning if refusal.notable else log.debug
        write(
            "association",
            outcome="refused",
            calling=calling,
            called=None if request is None else printable(request.called),
            address=address,
            reason=refusal.reason,
            unsaid=unsaid,
        )

    def _unsaid(self, key: tuple[str, str | None, str]) -> int | None:
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
