"""Prediction intervals that are wide where a film is hard: one rule a scale, from the model file.

A film is hard where the passes disagree, and in the middle of a scale, where readers differ most.
The rule's numbers come from out-of-fold residuals (training/evaluation/intervals.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.scales import Scale

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Width:
    """Half-width of an interval: ``base + spread * (passes' deviation) + middle * 4 u (1 - u)``.

    u is the value as a share of its scale, 0-1. All three are in points of the scale, except
    that ``spread`` multiplies a deviation that is in points already.
    """

    base: float
    spread: float = 0.0
    middle: float = 0.0

    def half(self, values: Array, spread: Array, scale: Scale) -> Array:
        """Return the half-widths at values (N,) whose passes deviate by ``spread`` (N,)."""
        widths: Array = basis(values, spread, scale) @ np.array(
            [self.base, self.spread, self.middle]
        )
        return widths

    def around(self, value: float, spread: float, scale: Scale) -> tuple[float, float]:
        """Return the interval around a value, cut at the ends of its scale."""
        half = float(self.half(np.array([value]), np.array([spread]), scale)[0])
        return scale.clip(value - half), scale.clip(value + half)


@dataclass(frozen=True, slots=True)
class Intervals:
    """The rules of one model at ``level`` (0-1); ``zones`` serves all six zones."""

    level: float
    zones: Width
    brixia: Width
    geographic_extent: Width
    opacity: Width

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Self:
        """Return the rules in a model's metadata. Raises KeyError, TypeError or ValueError."""
        names = ("zones", "brixia", "geographic_extent", "opacity")
        return cls(float(raw["level"]), *(_width(raw[name]) for name in names))


def basis(values: Array, spread: Array, scale: Scale) -> Array:
    """Return what a half-width is made of: (N, 3), see ``Width``."""
    share = (values - scale.low) / (scale.high - scale.low)
    return np.stack([np.ones_like(values), spread, 4.0 * share * (1.0 - share)], -1)


def _width(raw: Sequence[float]) -> Width:
    base, spread, middle = (float(number) for number in raw)
    return Width(base, spread, middle)
