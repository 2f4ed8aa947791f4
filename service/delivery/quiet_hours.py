"""Hours of the day in which a destination is sent nothing but what is urgent."""

from __future__ import annotations

from datetime import datetime, time, timedelta

LONGEST_REST_S = 3600.0
"""Then the hour is looked at again: clocks are put forward and back."""


def local_now() -> datetime:
    """Return the time by this computer's clock, with its zone."""
    return datetime.now().astimezone()


def quiet_for_s(hours: str | None, now: datetime) -> float:
    """Return the seconds until quiet hours end; 0 outside of them, and without.

    ``hours``: such as ``22:00-06:00``, in the time of ``now``; they may go past midnight.
    """
    if hours is None:
        return 0.0
    begin, end = (time.fromisoformat(part) for part in hours.split("-"))
    at = now.time()
    inside = begin <= at < end if begin < end else at >= begin or at < end
    if not inside:
        return 0.0
    day = now.date() if at < end else now.date() + timedelta(days=1)
    return (datetime.combine(day, end) - now.replace(tzinfo=None)).total_seconds()
