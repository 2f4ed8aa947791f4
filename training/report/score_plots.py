"""Our grades against the readers', a dot a film, with what each interval promised."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.ticker import MaxNLocator

from radiograde.training.evaluation.graded_scale import GradedScale
from radiograde.training.evaluation.metrics import Array
from radiograde.training.report import crossed
from radiograde.training.report.parts import Plot
from radiograde.training.report.style import INK, MISSED, OURS, plot, sheet

SIDE = 4.4


def against_readers(graded: GradedScale, name: str, level: float) -> Plot | None:
    """Return the scatter with identity line and intervals; None with fewer than two films."""
    known = ~np.isnan(graded.truth)
    if known.sum() < 2:
        return None
    inside = crossed.holds(graded, level)
    low, high = crossed.ends(graded, level)
    figure = sheet(SIDE, SIDE)
    axes = figure.subplots()
    scale = graded.scale
    axes.plot([scale.low, scale.high], [scale.low, scale.high], "--", color=INK, linewidth=0.8)
    for chosen, colour, word in (
        (known & inside, OURS, "interval holds the readers' score"),
        (known & ~inside, MISSED, "interval misses it"),
    ):
        axes.errorbar(
            apart(graded.truth[chosen], scale.high - scale.low),
            graded.values[chosen],
            np.stack([graded.values - low, high - graded.values])[:, chosen],
            fmt="o",
            color=to_rgba(colour, 0.85),
            ecolor=to_rgba(colour, 0.35),
            markersize=3.2,
            elinewidth=0.6,
            markeredgewidth=0,
            label=f"{word}: {chosen.sum()}",
        )
    margin = 0.04 * (scale.high - scale.low)
    limits = (scale.low - margin, scale.high + margin)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.set(xlabel="readers, points", ylabel="Radiograde, points")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(9, steps=[1, 2, 3, 10], integer=True))
    figure.legend(loc="outside upper left", ncols=2)
    error = np.abs(graded.values - graded.truth)[known]
    alt = (
        f"{name}: Radiograde against the readers on {known.sum()} films, mean absolute error "
        f"{error.mean():.2f}; {(known & ~inside).sum()} {level:.0%} intervals miss the readers."
    )
    return plot(figure, f"{name}, {known.sum()} films", alt)


def apart(values: Array, span: float) -> Array:
    """Return the values with equal ones set side by side, so that their bars do not hide."""
    moved = values.copy()
    step = span * 0.004
    for value in np.unique(values):
        here = np.flatnonzero(values == value)
        places = np.arange(len(here)) - (len(here) - 1) / 2
        moved[here] += places * min(step, 0.03 * span / max(len(here), 1))
    return moved
