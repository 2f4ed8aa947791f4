"""How long to wait before the next attempt, and when to stop."""

from __future__ import annotations

from datetime import timedelta

FIRST_S, LONGEST_S = 1.0, 60.0
MOST_REFUSALS = 4


def backoff_s(
    attempts: int, since: timedelta, *, give_up_after: timedelta, refused: bool
) -> float | None:
    """Return the seconds until the next attempt after ``attempts`` failed ones; None: give up.

    Pauses double from 1 s to 60 s. A destination that does not answer is tried for ``patience``,
    ``since`` being how long that has gone on; one that refuses a document a few times only, for
    it will most likely refuse again.
    """
    if refused and attempts >= MOST_REFUSALS:
        return None
    if since > give_up_after:
        return None
    return min(LONGEST_S, FIRST_S * 2.0 ** min(attempts - 1, 10))
