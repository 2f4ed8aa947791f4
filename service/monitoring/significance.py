"""Whether two samples come from one distribution, and by how much they differ.

Small exact or limiting forms of what scipy.stats has, which a service need not carry along; the
tests hold them against it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

BINS = 10
LEAST_SHARE = 1e-3
"""Taken for a bin without films, lest the index is infinite."""

_TERMS = np.arange(1, 40, dtype=np.float64)
_SIGNS = np.where(_TERMS % 2 == 1, 1.0, -1.0)


def ks_test(one: Numbers, other: Numbers) -> tuple[float, float]:
    """Return the two-sample Kolmogorov-Smirnov statistic (0-1) and its p-value.

    The p-value is that of Kolmogorov's limiting distribution, which errs towards 1 for small
    samples and ties. Without values on either side: (0, 1).
    """
    if not one.size or not other.size:
        return 0.0, 1.0
    one, other = np.sort(one), np.sort(other)
    every = np.concatenate([one, other])
    below_one = np.searchsorted(one, every, side="right") / one.size
    below_other = np.searchsorted(other, every, side="right") / other.size
    distance = float(np.abs(below_one - below_other).max())
    return distance, kolmogorov(distance * math.sqrt(one.size * other.size / every.size))


def kolmogorov(statistic: float) -> float:
    """Return the probability that Kolmogorov's distribution exceeds a value of 0 or more."""
    if statistic < 0.2:  # the series converges slowly there, and 1 is right to ten digits
        return 1.0
    total = float((_SIGNS * np.exp(-2 * (_TERMS * statistic) ** 2)).sum())
    return min(1.0, max(0.0, 2 * total))


def category_test(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    """Return the p-value for counts by category: the smallest of Fisher's, times how many.

    Each category is held against all others together; exact, however rare one is.
    """
    names = {*one, *other}
    first, second = sum(one.values()), sum(other.values())
    if not first or not second or len(names) < 2:
        return 1.0
    p_values = (fisher_test(one.get(n, 0), first, other.get(n, 0), second) for n in names)
    return min(1.0, len(names) * min(p_values))


def fisher_test(hits: int, films: int, other_hits: int, other_films: int) -> float:
    """Return twice the smaller tail of Fisher's exact test of two shares, at most 1."""
    total, every = hits + other_hits, films + other_films
    low, high = max(0, total - other_films), min(total, films)
    mass = _hypergeometric(np.arange(low, high + 1, dtype=np.float64), films, total, every)
    at = hits - low
    return min(1.0, 2 * float(min(mass[: at + 1].sum(), mass[at:].sum())))


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that account for their number, by Holm: compare each with one level."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, largest = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def number_psi(one: Numbers, reference: Numbers) -> float:
    """Return the population stability index of numbers, over the reference's tenths."""
    if not one.size or not reference.size:
        return 0.0
    cuts = np.unique(np.quantile(reference, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts, expected = (
        np.bincount(np.searchsorted(cuts, values, side="right"), minlength=cuts.size + 1)
        for values in (one, reference)
    )
    return _index(counts / one.size, expected / reference.size)


def category_psi(one: Mapping[str, int], reference: Mapping[str, int]) -> float:
    """Return the population stability index of counts by category."""
    names = sorted({*one, *reference})
    first, second = sum(one.values()), sum(reference.values())
    if not first or not second:
        return 0.0
    shares = np.array([one.get(name, 0) / first for name in names])
    return _index(shares, np.array([reference.get(name, 0) / second for name in names]))


def _index(shares: Numbers, expected: Numbers) -> float:
    shares, expected = np.maximum(shares, LEAST_SHARE), np.maximum(expected, LEAST_SHARE)
    return float(((shares - expected) * np.log(shares / expected)).sum())


def _hypergeometric(hits: Numbers, films: int, total: int, every: int) -> Numbers:
    """Return the chance of each number of hits, all that are possible, among ``films``."""
    before = hits[:-1]
    up = (films - before) * (total - before)
    down = (before + 1) * (every - films - total + before + 1)
    logs = np.concatenate([[0.0], np.cumsum(np.log(up / down))])
    mass = np.exp(logs - logs.max())
    found: Numbers = mass / mass.sum()
    return found
