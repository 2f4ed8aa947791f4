"""The time that sessions and keys live by; tests bring their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session or a key was last used: a write a request is too many."""


def utc_now() -> datetime:
    """Return this moment, with its zone."""
    return datetime.now(UTC)
