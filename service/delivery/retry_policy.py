"""When a failed delivery is tried again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from radiograde.service.backoff import Backoff

BACKOFF = Backoff(1.0, 60.0)
MOST_REFUSALS = 4
"""Times that a destination may refuse a document before it is given up."""

MOST_STARTS = 3
"""Times that a delivery may be begun without an end: one that kills the process is given up."""

OWN_FAULT_DELAY_S = 30.0
"""Before a delivery goes on that failed by this side: a full disk, a database that is away."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``give_up_after``: how long a destination that does not answer is tried."""

    give_up_after: timedelta

    def delay_s(self, attempts: int, since: timedelta, *, refused: bool) -> float | None:
        """Return the seconds until the next attempt after ``attempts`` failed ones; None: give up.

        ``since``: how long the delivery has gone on. A destination that refuses a document is
        asked a few times only, for it will most likely refuse again.
        """
        if refused and attempts >= MOST_REFUSALS:
            return None
        if since > self.give_up_after:
            return None
        return BACKOFF.delay_s(attempts)
