"""Bland-Altman plots: how two graders differ, and whether it depends on the score.

Bland and Altman, Lancet 1986;327:307-310.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from radiograde.model.scoring.scales import Scale
from radiograde.training.evaluation.metrics import Array
from radiograde.training.report.parts import Plot
from radiograde.training.report.style import BAND, INK, MUTED, OURS, plot, sheet

FEWEST = 2
LIMIT = 1.96
"""Deviations from the mean difference that hold 95 % of normal differences."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two graders' scores (N,) of the same films, NaN where one has none."""

    one: Array
    other: Array
    names: tuple[str, str]

    @property
    def difference(self) -> Array:
        """Return one minus the other on the films that both graded, (K,)."""
        difference: Array = self.one - self.other
        return difference[~np.isnan(difference)]

    @property
    def mean(self) -> Array:
        """Return the mean of both on the films that both graded, (K,)."""
        mean: Array = (self.one + self.other) / 2
        return mean[~np.isnan(mean)]

    @property
    def limits(self) -> tuple[float, float]:
        """Return the lower and upper 95 % limit of agreement; two films at least."""
        mean, deviation = self.difference.mean(), self.difference.std(ddof=1)
        return float(mean - LIMIT * deviation), float(mean + LIMIT * deviation)

    @property
    def reach(self) -> float:
        """Return the difference that a plot must show on either side of 0."""
        if len(self.difference) < FEWEST:
            return 0.0
        return float(np.abs([*self.difference, *self.limits]).max())


def bland_altman(pair: Pair, scale: Scale, reach: float) -> Plot | None:
    """Return the differences of two graders over their means; None with fewer than two films.

    ``reach``: differences to show on either side of 0, so that plots compare.
    """
    difference, (one, other) = pair.difference, pair.names
    if len(difference) < FEWEST:
        return None
    bias, (low, high) = float(difference.mean()), pair.limits
    figure = sheet(4.4, 3.8)
    axes = figure.subplots()
    axes.axhspan(low, high, color=BAND, alpha=0.6, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.scatter(pair.mean, difference, s=12, color=OURS, alpha=0.65, linewidth=0)
    _line(axes, bias, "mean", "-")
    _line(axes, low, f"mean - {LIMIT} SD", "--")
    _line(axes, high, f"mean + {LIMIT} SD", "--")
    axes.set(xlim=(scale.low, scale.high), ylim=(-reach, reach))
    axes.set(xlabel=f"mean of {one} and {other}", ylabel=f"{one} minus {other}")
    alt = (
        f"Differences between {one} and {other} on {len(difference)} films: mean {bias:+.2f}, "
        f"95 % limits of agreement {low:+.2f} to {high:+.2f}."
    )
    return plot(figure, f"{one} and {other}, {len(difference)} films", alt)


def _line(axes: Axes, height: float, name: str, style: str) -> None:
    axes.axhline(height, color=INK, linewidth=0.8, linestyle=style)
    axes.annotate(
        f"{name}: {height:+.2f}",
        (1, height),
        (-2, 3),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        fontsize=8,
        bbox={"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.5},
    )
