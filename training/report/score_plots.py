"""Plots of scores: grades over the readers', one reader over the other, and their differences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.ticker import MaxNLocator, MultipleLocator

from radiograde.model.scoring.scales import BRIXIA, Scale
from radiograde.training.dataset.targets import READERS
from radiograde.training.evaluation.figures.graded_films import ScaleGrades
from radiograde.training.evaluation.figures.patient_bootstrap import Array
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.report.parts import BAND, INK, MISSED, MUTED, OURS, Plot, plot, sheet

SIDE = 4.4
READER_STEP = 3.0
FEWEST = 2
MANY = 400
"""Dots from which on a plot is drawn as pixels: as lines it would make the page slow."""

LIMIT = 1.96
"""Deviations from the mean difference that hold 95 % of normal differences."""


def against_readers(grades: ScaleGrades, name: str, level: float) -> Plot | None:
    """Return the scatter with identity line and intervals; None with fewer than two films."""
    known = grades.known
    if known.sum() < FEWEST:
        return None
    inside = grades.covered == 1
    figure = sheet(SIDE, SIDE)
    axes = figure.subplots()
    scale = grades.scale
    axes.plot([scale.low, scale.high], [scale.low, scale.high], "--", color=INK, linewidth=0.8)
    for chosen, colour, word in (
        (known & inside, OURS, "interval holds the readers' score"),
        (known & ~inside, MISSED, "interval misses it"),
    ):
        axes.errorbar(
            apart(grades.reference[chosen], scale.high - scale.low),
            grades.values[chosen],
            np.stack([grades.values - grades.low, grades.high - grades.values])[:, chosen],
            fmt="o",
            color=to_rgba(colour, 0.85),
            ecolor=to_rgba(colour, 0.35),
            markersize=3.2,
            elinewidth=0.6,
            markeredgewidth=0,
            label=f"{word}: {chosen.sum()}",
            rasterized=bool(known.sum() > MANY),
        )
    margin = 0.04 * (scale.high - scale.low)
    limits = (scale.low - margin, scale.high + margin)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set(xlabel="readers, points", ylabel="Radiograde, points")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(9, steps=[1, 2, 3, 10], integer=True))
    figure.legend(loc="outside upper left", ncols=2)
    error = np.abs(grades.values - grades.reference)[known]
    alt = (
        f"{name}: Radiograde against the readers on {known.sum()} films, mean absolute error "
        f"{error.mean():.2f}; {(known & ~inside).sum()} {level:.0%} intervals miss the readers."
    )
    return plot(figure, f"{name}, {known.sum()} films", alt)


def apart(values: Array, span: float) -> Array:
    """Return the values with equal ones set a little apart, so that their bars do not hide."""
    moved = values.copy()
    step = span * 0.004
    for value in np.unique(values):
        here = np.flatnonzero(values == value)
        places = np.arange(len(here)) - (len(here) - 1) / 2
        moved[here] += places * min(step, 0.03 * span / max(len(here), 1))
    return moved


def two_readers(standard: ReferenceStandard) -> Plot | None:
    """Return one reader's scores over the other's; None with fewer than two films."""
    one, other = (standard.of_reader(reader) for reader in READERS)
    known = ~np.isnan(one + other)
    if known.sum() < FEWEST:
        return None
    places, films = np.unique(np.stack([one, other])[:, known], axis=1, return_counts=True)
    figure = sheet(SIDE, SIDE)
    axes = figure.subplots()
    ends = (BRIXIA.low, BRIXIA.high)
    axes.plot(ends, ends, "--", color=INK, linewidth=0.8)
    axes.scatter(places[0], places[1], s=14 * films, color=MUTED, alpha=0.7, linewidth=0)
    limits = (BRIXIA.low - 0.7, BRIXIA.high + 0.7)
    names = [f"reader {reader}" for reader in READERS]
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set(xlabel=f"{names[0]}, points", ylabel=f"{names[1]}, points")
    axes.xaxis.set_major_locator(MultipleLocator(READER_STEP))
    axes.yaxis.set_major_locator(MultipleLocator(READER_STEP))
    error = np.abs(one - other)[known].mean()
    alt = (
        f"{names[1]} against {names[0]} on {known.sum()} films, mean absolute difference "
        f"{error:.2f}; the area of a dot is its number of films."
    )
    return plot(figure, f"Readers {' and '.join(READERS)}, {known.sum()} films", alt)


@dataclass(frozen=True, slots=True)
class GraderPair:
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


def bland_altman(pair: GraderPair, scale: Scale, reach: float) -> Plot | None:
    """Return the differences of two graders over their means; None with fewer than two films.

    After Bland and Altman, Lancet 1986;327:307-310.

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
