"""Intervals over patients: a figure again and again on patients drawn with replacement.

Cluster bootstrap with percentile intervals (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993): films of a patient are drawn together, for they are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

RESAMPLES = 1000
SEED = 0
OUTER = (2.5, 97.5)
"""Percentiles between which 95 % of the resampled figures lie."""

FEWEST_PATIENTS = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval over patients.

    ``value`` is None where the films had nothing to measure it on; ``low`` and ``high`` where they
    are of one patient alone, or where too few resamples have the figure.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float] | None:
        """Both ends of the interval; None where there is none."""
        return None if self.low is None or self.high is None else (self.low, self.high)


NOT_MEASURED = Estimate()


def estimate(
    statistic: Callable[..., float | None], patients: Sequence[str], *columns: Array
) -> Estimate:
    """Return ``statistic(*columns)`` with its interval; films with a NaN are left out.

    ``statistic``: from columns (M,) to a figure, None where they have none. ``columns``: (N,).
    """
    known = ~np.isnan(np.stack(columns)).any(0)
    films = [column[known] for column in columns]
    value = statistic(*films) if known.any() else None
    if value is None:
        return NOT_MEASURED
    resampled = [
        figure
        for rows in _resamples(np.asarray(patients)[known])
        if (figure := statistic(*(column[rows] for column in films))) is not None
    ]
    if len(resampled) < RESAMPLES / 2:
        return Estimate(float(value))
    low, high = np.percentile(resampled, OUTER)
    return Estimate(float(value), float(low), float(high))


def _resamples(patients: NDArray[np.str_]) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of resampled patients; nothing where there is one patient alone."""
    names, patient = np.unique(patients, return_inverse=True)
    if len(names) < FEWEST_PATIENTS:
        return
    order = np.argsort(patient, kind="stable")
    films = np.bincount(patient)
    begin = np.concatenate([[0], np.cumsum(films)[:-1]])
    rng = np.random.default_rng(SEED)
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, len(names), len(names))
        counts = films[drawn]
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        yield order[np.repeat(begin[drawn], counts) + within]
