"""Shares of films, each with an interval that stays honest where all films are alike."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from radiograde.training.evaluation.figures import statistics
from radiograde.training.evaluation.figures.patient_bootstrap import Array, Estimate, estimate

Z = NormalDist().inv_cdf(0.975)
"""Standard deviations on either side of a mean between which 95 % lie."""


def share_of(happened: Array, patients: Sequence[str]) -> Estimate:
    """Return the share of films (N,) in which something happened, 1 or 0; NaN is left out.

    Where it happened in all or in none, resampling finds no interval: then it is Wilson's (J Am
    Stat Assoc 1927;22:209-212), each patient counted once.
    """
    found = estimate(statistics.mean, patients, happened)
    if found.value is None or found.ends is None or found.low != found.high:
        return found
    known = ~np.isnan(happened)
    count = len({patient for patient, one in zip(patients, known, strict=True) if one})
    room = Z**2 / (count + Z**2)
    return Estimate(found.value, max(found.value - room, 0.0), min(found.value + room, 1.0))
