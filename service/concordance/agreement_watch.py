"""Has agreement with signed reports dropped? A cumulative sum that fifteen points make grow.

The CUSUM of the log likelihood ratio of two shares (Page, Biometrika 1954;41:100): that of the
first reports, and one fifteen points lower. ``benchmarks/concordance_watch.py`` simulates how soon
it speaks, and how often for nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

FIRST_REPORTS = 400
"""By which the usual share is learned."""

DROP = 0.15
LIMIT = 7.0
"""Higher: fewer false alarms, and later true ones."""

_LOWEST, _HIGHEST = 0.55, 0.97
"""Between which the usual share is taken to lie: where all agree, one who does not is no alarm."""


@dataclass(frozen=True, slots=True)
class AgreementWatch:
    """Reports so far, on how many the model agreed, and the sum since.

    ``reports``, ``agreed``: all of them. ``usual``: share among the first; None until then.
    """

    reports: int = 0
    agreed: int = 0
    usual: float | None = None
    sum: float = 0.0

    @property
    def has_dropped(self) -> bool:
        """Whether agreement is lower than it was."""
        return self.sum > LIMIT

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
        after = before - DROP
        share = (after, before) if agrees else (1 - after, 1 - before)
        return replace(counted, sum=max(0.0, self.sum + math.log(share[0] / share[1])))
