"""When a server wants to be asked again: ``Retry-After``, RFC 9110 section 10.2.3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 3600.0
"""Longer is not waited: what stands behind it may be a mistake."""

_SECONDS = re.compile(r"[0-9]+")


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float:
    """Return the seconds that an answer asks to be left alone for, in [0, ``LONGEST_S``].

    0 where it does not ask, or says what cannot be read. A date counts from the answer's own
    ``Date``, for the server's clock may be wrong; without one from ``now``.
    """
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST_S)
    until = _date(value)
    if until is None:
        return 0.0
    since = _date(headers.get("Date", "")) or now or datetime.now(UTC)
    return min(max((until - since).total_seconds(), 0.0), LONGEST_S)


def _date(value: str) -> datetime | None:
    """Return an HTTP date (RFC 9110 section 5.6.7), None for what is none."""
    try:
        read = parsedate_to_datetime(value)
        return read if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError):
        return None
