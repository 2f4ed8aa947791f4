"""What a process counts while it works, for whoever watches it: cheap, and without a patient.

Labels are of fixed lists: templates of routes, codes, stages; never what somebody sent.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

Labels = tuple[str, ...]

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Seconds, of the buckets that durations are counted in."""


@dataclass(slots=True)
class Durations:
    """``buckets``: how many took as long as a bound or less and longer than the one before."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.total_s += seconds


class Measures:
    """Counts and durations by name and labels; safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, Counter[Labels]] = {}
        self._durations: dict[str, dict[Labels, Durations]] = {}

    def count(self, name: str, *labels: str) -> None:
        """Count one."""
        with self._lock:
            self._counts.setdefault(name, Counter())[labels] += 1

    def time(self, name: str, seconds: float, *labels: str) -> None:
        """Count something that took so long."""
        with self._lock:
            self._durations.setdefault(name, {}).setdefault(labels, Durations()).add(seconds)

    def counts(self, name: str) -> Mapping[Labels, int]:
        """Return the counts of a name, by their labels."""
        with self._lock:
            return dict(self._counts.get(name, {}))

    def durations(self, name: str) -> Mapping[Labels, Durations]:
        """Return the durations of a name, by their labels."""
        with self._lock:
            found = self._durations.get(name, {})
            return {key: Durations(list(one.buckets), one.total_s) for key, one in found.items()}


MEASURES = Measures()
"""Of this process."""
