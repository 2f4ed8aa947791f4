"""Agreement with readers over time: a control chart of means (Shewhart 1931) with known limits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from radiograde.service.monitoring.drift import BUDGET, FAMILIES

GROUP = 25
"""Reviews a point: enough that their mean is near normal."""

FEWEST = 4
"""Points that a baseline needs."""

LEAST_SPREAD = 0.25
"""Points of the scale: readers who accepted all of it so far are no reason for no limits."""


@dataclass(frozen=True, slots=True)
class ControlChart:
    """Means of groups of differences in their order, the baseline first.

    ``centre``: the baseline's mean. ``low``, ``high``: limits; None while too few are known.
    ``baseline``: how many points it has.
    """

    points: Sequence[float]
    centre: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: int = 0

    @property
    def is_alarm(self) -> bool:
        """Whether the last point lies outside."""
        if self.low is None or self.high is None or len(self.points) <= self.baseline:
            return False
        return not self.low <= self.points[-1] <= self.high


def control_chart(
    differences: Sequence[float], baseline: int, reviews_a_month: float
) -> ControlChart:
    """Return the chart of readers' scores minus the model's, in the order of their reviews.

    ``baseline``: how many of the first reviews are of the first month. The limits leave a month of
    ``reviews_a_month`` its part of the budget of false alarms.
    """
    groups = len(differences) // GROUP
    values = np.array(differences[: groups * GROUP], np.float64).reshape(groups, GROUP)
    points = values.mean(1).tolist()
    known = min(max(baseline // GROUP, FEWEST), groups)
    if groups < FEWEST:
        return ControlChart(points, baseline=groups)
    first = values[:known].ravel()
    centre, spread = float(first.mean()), max(float(first.std(ddof=1)), LEAST_SPREAD)
    points_a_month = max(1.0, reviews_a_month / GROUP)
    wide = NormalDist().inv_cdf(1 - BUDGET / FAMILIES / points_a_month / 2)
    # The centre is an estimate, too.
    error = spread * math.sqrt(1 / GROUP + 1 / first.size)
    return ControlChart(points, centre, centre - wide * error, centre + wide * error, known)
