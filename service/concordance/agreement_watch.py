"""Has agreement with signed reports dropped? A cumulative sum that lower agreement makes grow.

The CUSUM of the log likelihood ratio of two shares (Page, Biometrika 1954;41:100), the usual one
and a lower one. What is usual goes on being learned by all reports but those since which the sum
stands above 0 (self-starting: Hawkins, J Qual Technol 1987;19:46).
``benchmarks/concordance_watch.py`` simulates how soon it speaks, and how often for nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

FIRST_REPORTS = 400
"""Before which nothing is said: the usual share is hardly known."""

SOUGHT = 0.10
"""By how much the lower share is lower. A drop of fifteen points is found with fewer false alarms
than by a sum that is made for fifteen, since the usual share is learned and not known."""

LIMIT, LIMIT_OF_FEW = 6.0, 600.0
"""Of the sum; the second over the number of reports comes to the first. Higher: fewer false alarms,
and later true ones."""

_LOWEST, _HIGHEST = 0.55, 0.97
"""Between which the usual share is taken to lie: where all agree, one who does not is no alarm."""


@dataclass(frozen=True, slots=True)
class AgreementWatch:
    """Reports so far, on how many the model agreed, and the sum since.

    ``reports``, ``agreed``: all of them. ``usual``: share before the sum grew; None of few reports.
    """

    reports: int = 0
    agreed: int = 0
    usual: float | None = None
    sum: float = 0.0

    @property
    def has_dropped(self) -> bool:
        """Whether agreement is lower than it was."""
        return self.sum > LIMIT + LIMIT_OF_FEW / max(self.reports, 1)

    def after(self, *, agrees: bool) -> AgreementWatch:
        """Return the watch after one more report; once it has spoken it says so until reset."""
        reports, agreed = self.reports + 1, self.agreed + agrees
        counted = replace(self, reports=reports, agreed=agreed)
        if self.usual is None:
            learned = agreed / reports if reports >= FIRST_REPORTS else None
            return replace(counted, usual=learned)
        if self.has_dropped:
            return counted
        before = min(max(self.usual, _LOWEST), _HIGHEST)
        after = before - SOUGHT
        share = (after, before) if agrees else (1 - after, 1 - before)
        grown = max(0.0, self.sum + math.log(share[0] / share[1]))
        return replace(counted, sum=grown, usual=self.usual if grown else agreed / reports)
