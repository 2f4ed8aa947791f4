"""How long to wait before the next attempt: the delays double up to a longest one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

_MOST_DOUBLINGS = 32
"""Further ones would only lead to numbers that no clock takes."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Delays in seconds after failures in a row: ``first_s``, its double, ... ``longest_s``."""

    first_s: float = 1.0
    longest_s: float = 60.0

    def delay_s(self, failures: int) -> float:
        """Return the seconds to wait after so many failures, one or more."""
        doublings = min(failures - 1, _MOST_DOUBLINGS)
        return min(self.longest_s, self.first_s * 2.0**doublings)


@dataclass(slots=True)
class RetryTimer:
    """Counts failures in a row and keeps the time from which the next attempt may be made."""

    backoff: Backoff
    failures: int = 0
    due: float = 0.0

    def fail(self, now: float) -> float:
        """Count a failure at ``now``; return the seconds until the next attempt is due."""
        self.failures += 1
        delay_s = self.backoff.delay_s(self.failures)
        self.due = now + delay_s
        return delay_s

    def is_due(self, now: float) -> bool:
        """Return whether an attempt may be made."""
        return now >= self.due

    def reset(self) -> None:
        """Begin anew: the last attempt went well."""
        self.failures, self.due = 0, 0.0


def patiently(
    action: Callable[[], None],
    error: type[Exception],
    stop: threading.Event,
    backoff: Backoff = Backoff(0.5, 15.0),
) -> None:
    """Do something as often as it takes to go without ``error``.

    Raises:
        Exception: the ``error``, once ``stop`` is set.
    """
    failures = 0
    while True:
        try:
            action()
        except error:
            failures += 1
            if stop.wait(backoff.delay_s(failures)):
                raise
        else:
            return
