from __future__ import annotations

from datetime import datetime

import pytest

from radiograde.service.delivery.quiet_hours import quiet_for_s


@pytest.mark.parametrize(
    ("hours", "at", "seconds"),
    [
        (None, "2026-03-04T23:00", 0),
        ("22:00-06:00", "2026-03-04T21:59", 0),
        ("22:00-06:00", "2026-03-04T22:00", 8 * 3600),
        ("22:00-06:00", "2026-03-05T05:59", 60),
        ("22:00-06:00", "2026-03-05T06:00", 0),
        ("12:00-13:30", "2026-03-04T12:30", 3600),
        ("12:00-13:30", "2026-03-04T13:30", 0),
        ("12:00-13:30", "2026-03-04T11:59", 0),
        ("18:00-00:00", "2026-12-31T23:00", 3600),
        ("00:00-06:00", "2026-03-04T00:00", 6 * 3600),
    ],
)
def test_quiet_hours_end(hours: str | None, at: str, seconds: float) -> None:
    assert quiet_for_s(hours, datetime.fromisoformat(at).astimezone()) == seconds
