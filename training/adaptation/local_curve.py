"""Rising curves that bring a model's scores onto a site's readers, fitted with NumPy alone.

The form is that of the model's own calibration: straight on the scale's logit, so that every order
and both ends of the scale stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from radiograde.training.evaluation.figures.patient_bootstrap import Array

EPSILON = 1e-4
"""Shares of a scale are cut to this much inside its ends, as in the graph."""

STEPS = 100
MOST_LOG_GAIN, MOST_OFFSET = 1.1, 3.0
"""A curve that bends further says that something else is wrong."""

_SMALL = 1e-5


@dataclass(frozen=True, slots=True)
class LocalCurve:
    """``top * sigmoid(gain * logit(value / top) + offset)``; the default changes nothing."""

    gain: float = 1.0
    offset: float = 0.0

    @property
    def is_identity(self) -> bool:
        """Whether the curve changes nothing."""
        return (self.gain, self.offset) == (1.0, 0.0)

    def apply(self, values: Array, top: float) -> Array:
        """Return values in [0, ``top``], any shape, on the readers' scale."""
        if self.is_identity:
            return values
        share = np.clip(values / top, EPSILON, 1 - EPSILON)
        logit = np.log(share / (1 - share))
        found: Array = top / (1 + np.exp(-(self.gain * logit + self.offset)))
        return found


IDENTITY = LocalCurve()


def fit_local_curve(values: Array, totals: Array, top: float) -> LocalCurve:
    """Return the curve by which the sums of ``values`` come nearest to the readers' totals.

    By squared error (Levenberg and Marquardt). ``values``: (N, Z) in [0, ``top``]; ``totals``: (N,)
    of the Z of each film.
    """

    def error(parameters: Array) -> Array:
        missed: Array = _curve(parameters).apply(values, top).sum(1) - totals
        return missed

    return _rounded(_least_squares(error))


def _curve(parameters: Array) -> LocalCurve:
    log_gain, offset = parameters
    return LocalCurve(float(np.exp(log_gain)), float(offset))


def _rounded(parameters: Array) -> LocalCurve:
    curve = _curve(parameters)
    return LocalCurve(round(curve.gain, 4), round(curve.offset, 4))


def _least_squares(error: Callable[[Array], Array]) -> Array:
    most = np.array([MOST_LOG_GAIN, MOST_OFFSET])
    # The identity is passed by: it would be told from its neighbours by no slope.
    best, damping = np.full(2, _SMALL), 1e-2
    missed = error(best)
    for _ in range(STEPS):
        steps = np.eye(2) * _SMALL
        slopes = np.stack([(error(best + step) - missed) / _SMALL for step in steps], 1)
        normal = slopes.T @ slopes
        move = np.linalg.solve(normal + damping * np.eye(2), -slopes.T @ missed)
        tried = np.clip(best + move, -most, most)
        found = error(tried)
        if (found**2).sum() < (missed**2).sum():
            done = np.abs(tried - best).max() < _SMALL
            best, missed, damping = tried, found, damping / 10
            if done:
                break
        else:
            damping *= 10
    return best
