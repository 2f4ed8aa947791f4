"""When a film was acquired, as its header says: in the hospital's own time, without a zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time

from radiograde.model.reading.dicom_header import Header

PAIRS = (
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
    ("SeriesDate", "SeriesTime"),
    ("StudyDate", "StudyTime"),
)
"""PS3.3 C.7.6.1 (General Image), C.7.3.1 (General Series), C.7.2.1 (General Study)."""

_ZONE = re.compile(r"[+-]\d{4}$", re.ASCII)
_SEPARATORS = re.compile(r"[.\-/ ]")
_FIRST_FILM = date(1895, 1, 1)


@dataclass(frozen=True, slots=True)
class AcquisitionTime:
    """A day, and a time of that day to the second where the header has one."""

    day: date
    clock: time | None = None

    def isoformat(self) -> str:
        """Return ``YYYY-MM-DDTHH:MM:SS``, or ``YYYY-MM-DD`` where there is no time."""
        return self.day.isoformat() if self.clock is None else f"{self.day}T{self.clock}"


def acquired(header: Header) -> AcquisitionTime | None:
    """Return when a film was acquired; None where the header has no valid date.

    AcquisitionDateTime comes first, then the date and time of acquisition, content, series and
    study; the first valid date counts, with its own time. Fractions of seconds and the zone are
    dropped.
    """
    for day, clock in _candidates(header):
        valid_day = _date(day)
        if valid_day is not None:
            return AcquisitionTime(valid_day, _time(clock))
    return None


def _candidates(header: Header) -> Iterator[tuple[str, str]]:
    """Yield the digits of each date with those of its time."""
    timestamp = _ZONE.sub("", header.text("AcquisitionDateTime") or "")
    yield timestamp[:8], timestamp[8:]
    for day, clock in PAIRS:
        yield header.text(day) or "", header.text(clock) or ""


def _date(text: str) -> date | None:
    """Return a date (DA), also as old files write it: ``2025.01.31``."""
    digits = _SEPARATORS.sub("", text)
    if not re.fullmatch(r"[0-9]{8}", digits):
        return None
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return day if day >= _FIRST_FILM else None


def _time(text: str) -> time | None:
    """Return a time (TM): hours, with minutes and seconds where they are given."""
    digits = text.split(".")[0].replace(":", "")
    if not re.fullmatch(r"([0-9]{2}){1,3}", digits):
        return None
    hour, minute, second = (int((digits + "0000")[at : at + 2]) for at in (0, 2, 4))
    try:
        # A leap second is written as 60 (PS3.5 6.2).
        return time(hour, minute, min(second, 59))
    except ValueError:
        return None
