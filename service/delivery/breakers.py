"""Destinations that do not answer are left in peace, but for a probe now and then."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from radiograde.service.backoff import Backoff, RetryTimer

log = structlog.get_logger("radiograde.work")

BACKOFF = Backoff(1.0, 60.0)
FAILURES = 3
"""In a row, after which a destination counts as down; one is enough where it asks for time."""


@dataclass(slots=True)
class Breakers:
    """Which destinations are down, as this process finds them; safe to share among threads.

    ``clock``: seconds, never set back.
    """

    clock: Callable[[], float] = time.monotonic
    _timers: dict[str, RetryTimer] = field(
        default_factory=lambda: defaultdict(lambda: RetryTimer(BACKOFF))
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _came_back: threading.Event = field(default_factory=threading.Event)

    def may_try(self, destination: str) -> bool:
        """Return whether to send now; of one that is down, one caller at a time is told so."""
        with self._lock:
            timer = self._timers[destination]
            if timer.failures < FAILURES:
                return True
            if not timer.is_due(self.clock()):
                return False
            timer.due = self.clock() + BACKOFF.longest_s  # for the probe itself; its end sets it
            return True

    def failed(self, destination: str, retry_after_s: float = 0.0) -> None:
        """Count an attempt that came to nothing; for ``retry_after_s`` it wants no other."""
        with self._lock:
            timer, now = self._timers[destination], self.clock()
            was_up = timer.failures < FAILURES
            timer.fail(now)
            if retry_after_s > 0:
                timer.failures = max(timer.failures, FAILURES)
                timer.due = max(timer.due, now + retry_after_s)
            if was_up and timer.failures >= FAILURES:
                log.error("destination_down", destination=destination)

    def due_in_s(self, destination: str) -> float:
        """Return the seconds until a destination that is down is to be tried; 0 if it is up."""
        with self._lock:
            timer = self._timers[destination]
            return 0.0 if timer.failures < FAILURES else max(0.0, timer.due - self.clock())

    def answered(self, destination: str) -> None:
        """Count an answer, be it a refusal: the destination is up."""
        with self._lock:
            timer = self._timers[destination]
            if timer.failures >= FAILURES:
                log.info("destination_up", destination=destination)
                self._came_back.set()
            timer.reset()

    def down(self) -> set[str]:
        """Return the destinations that are down."""
        with self._lock:
            return {name for name, timer in self._timers.items() if timer.failures >= FAILURES}

    def came_back(self) -> bool:
        """Return whether a destination came up since this was last asked."""
        was = self._came_back.is_set()
        self._came_back.clear()
        return was
