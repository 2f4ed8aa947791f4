"""What a site takes up while it is walked over: memory of each process, films, disk, database."""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from radiograde.service.database.tables import films
from radiograde.service.errors import StoreError
from radiograde.service.grading.records import Records
from tests.accidents.site import Site

MIB = 2**20
PAGE = os.sysconf("SC_PAGE_SIZE")
GROWN_UP_S = 120.0
"""A process of this age has loaded its model and graded films."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Means of the first and the last third of what was measured, and the slope of all of it."""

    first: float
    last: float
    an_hour: float
    samples: int

    @staticmethod
    def of(measured: Sequence[tuple[float, float]]) -> Trend | None:
        """Return the trend of values at their seconds; None of fewer than six."""
        third = len(measured) // 3
        if third < 2:
            return None
        at, values = zip(*measured, strict=True)
        slope = statistics.linear_regression(at, values).slope
        first, last = statistics.fmean(values[:third]), statistics.fmean(values[-third:])
        return Trend(round(first, 1), round(last, 1), round(slope * 3600, 1), len(values))


@dataclass(slots=True)
class _Life:
    role: str
    measured: list[tuple[float, float]] = field(default_factory=list)


class Gauge:
    """Measures a site at intervals until told to stop."""

    def __init__(self, site: Site, records: Records, every_s: float) -> None:
        self._site = site
        self._records = records
        self._every_s = every_s
        self._lives: dict[int, _Life] = {}
        self._measured: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.stop = threading.Event()

    def run(self) -> None:
        """Measure until told to stop."""
        while not self.stop.wait(self._every_s):
            self.measure()

    def measure(self) -> None:
        """Measure once; what cannot be had just now is left out."""
        now = time.monotonic()
        for pid, role in self._site.roles().items():
            with suppress(OSError):
                resident = _resident(pid)
                if _age_s(pid) >= GROWN_UP_S and resident:  # what has ended has none
                    life = self._lives.setdefault(pid, _Life(role))
                    life.measured.append((now, resident / MIB))
                    self._measured[f"{role}, MiB"].append(life.measured[-1])
        with suppress(StoreError, OSError):
            kept = sa.select(sa.func.count()).where(films.c.kept)
            with self._records.database.reading() as connection:
                count = connection.scalar(kept) or 0
                database = _size_of_database(connection, self._site.data)
            in_films, others = _sizes(self._site.data)
            self._measured["films kept"].append((now, count))
            self._measured["KiB a film kept"].append((now, in_films / 1024 / max(count, 1)))
            self._measured["database, MiB"].append((now, database / MIB))
            self._measured["other files, MiB"].append((now, others / MIB))

    def trends(self) -> dict[str, Trend]:
        """Return the trend of everything that was measured often enough."""
        found = {name: Trend.of(values) for name, values in sorted(self._measured.items())}
        return {name: trend for name, trend in found.items() if trend is not None}

    def longest_lives(self) -> dict[str, tuple[float, float, float]]:
        """Return of each role's longest lived process: minutes, and MiB at their two ends."""
        longest: dict[str, _Life] = {}
        for life in self._lives.values():
            if _minutes(life) >= _minutes(longest.get(life.role)):
                longest[life.role] = life
        return {
            role: (
                round(_minutes(life), 1),
                round(life.measured[0][1], 1),
                round(life.measured[-1][1], 1),
            )
            for role, life in sorted(longest.items())
        }


def _minutes(life: _Life | None) -> float:
    return 0.0 if life is None else (life.measured[-1][0] - life.measured[0][0]) / 60


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def _age_s(pid: int) -> float:
    began = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began / os.sysconf("SC_CLK_TCK")


def _sizes(data: Path) -> tuple[int, int]:
    """Return the bytes below ``films``, and those beside it that are not of the database."""
    in_films = others = 0
    for folder, _, names in os.walk(data):
        is_of_films = data / "films" in (Path(folder), *Path(folder).parents)
        for name in names:
            if not name.startswith(("radiograde.sqlite", "ballast")):
                with suppress(OSError):
                    size = (Path(folder) / name).stat().st_blocks * 512
                    in_films += size * is_of_films
                    others += size * (not is_of_films)
    return in_films, others


def _size_of_database(connection: sa.Connection, data: Path) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.scalar(sa.text("SELECT pg_database_size(current_database())")) or 0)
    size = 0
    for path in data.glob("radiograde.sqlite*"):
        with suppress(OSError):
            size += path.stat().st_size
    return size
