"""When a film was taken, as its header says: in the hospital's own time, without a zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time

from radiograde.model.reading.dicom_header import Header

PAIRS = (
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
    ("SeriesDate", "SeriesTime"),
    ("StudyDate", "StudyTime"),
)
"""PS3.3 C.7.6.1 (General Image), C.7.3.1 (General Series), C.7.2.1 (General Study)."""

_ZONE = re.compile(r"[+-]\d{4}$")
_FIRST_FILM = date(1895, 1, 1)


def taken(header: Header) -> str | None:
    """Return ``YYYY-MM-DDTHH:MM:SS``, or ``YYYY-MM-DD`` where no time is told; None if unknown.

    AcquisitionDateTime comes first, then the date and time of acquisition, content, series and
    study; the first valid date counts, with its own time. Fractions of seconds and the zone are
    dropped.
    """
    for day, clock in _candidates(header):
        found = _date(day)
        if found is not None:
            at = _time(clock)
            return found.isoformat() if at is None else f"{found}T{at}"
    return None


def _candidates(header: Header) -> Iterator[tuple[str, str]]:
    """Yield the digits of each date with those of its time."""
    timestamp = _ZONE.sub("", header.text("AcquisitionDateTime") or "")
    yield timestamp[:8], timestamp[8:]
    for day, clock in PAIRS:
        yield header.text(day) or "", header.text(clock) or ""


def _date(text: str) -> date | None:
    """Return a date (DA), also as old files write it: ``2025.01.31``."""
    digits = re.sub(r"[.\-]", "", text)
    if not re.fullmatch(r"\d{8}", digits):
        return None
    try:
        found = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return found if found >= _FIRST_FILM else None


def _time(text: str) -> time | None:
    """Return a time (TM): hours, with minutes and seconds where they are told."""
    digits = text.split(".")[0].replace(":", "")
    if not re.fullmatch(r"(\d\d){1,3}", digits):
        return None
    hour, minute, second = (int((digits + "0000")[at : at + 2]) for at in (0, 2, 4))
    try:
        # A leap second is written as 60 (PS3.5 6.2).
        return time(hour, minute, min(second, 59))
    except ValueError:
        return None
