"""The section on intervals: whether they hold what they promise, and how wide they are."""

from __future__ import annotations

import numpy as np

from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.intervals import GradedScale
from radiograde.training.evaluation.tables import shown
from radiograde.training.report.parts import INK, MUTED, OURS, Plot, Section, Table, plot, sheet

LEVELS = tuple(percent / 100 for percent in range(50, 100, 5))
COLOURS = (MUTED, OURS, "#2f855a", "#b7791f")
FEWEST = 2


SCALE_NAMES = {
    "zones": "zones",
    "brixia": "global Brixia",
    "geographic_extent": "extent",
    "opacity": "opacity",
}
"""What the scales are called on the page."""


def interval_section(result: EvaluationResult) -> Section:
    """Return coverage at every level, widths, and their table."""
    scales = {
        SCALE_NAMES[name]: graded
        for name, graded in result.scales.items()
        if (~np.isnan(graded.truth)).sum() >= FEWEST
    }
    return Section(
        "intervals",
        "Intervals",
        "Left: on the dashed line, intervals hold as many films as they promise; below it they "
        "promise too much. Rules were set on the other folds. Right: the narrower, the more an "
        "interval tells; the line is the median.",
        [_coverage(scales), _widths(scales, result.level)] if scales else [],
        [
            Table(
                f"{result.level:.0%} intervals; widths in points of the scale.",
                ("scale", "films or zones covered", "median width"),
                [
                    (
                        SCALE_NAMES[name],
                        shown(coverage.share, ".1%"),
                        shown(coverage.median_width, ".2f"),
                    )
                    for name, coverage in result.metrics.coverage.items()
                ],
            )
        ],
    )


def _coverage(scales: dict[str, GradedScale]) -> Plot:
    figure = sheet(4.4, 4.4)
    axes = figure.subplots()
    axes.plot([0.45, 1], [0.45, 1], "--", color=INK, linewidth=0.8)
    worded = []
    for (name, graded), colour in zip(scales.items(), COLOURS, strict=False):
        known = ~np.isnan(graded.truth)
        shares = [float(graded.covered(level)[known].mean()) for level in LEVELS]
        axes.plot(LEVELS, shares, "o-", color=colour, markersize=3.5, linewidth=1, label=name)
        worded.append(f"{name} {', '.join(f'{share:.0%}' for share in shares)}")
    axes.set(xlabel="level promised", ylabel="share that the intervals hold", aspect="equal")
    axes.set(xlim=(0.45, 1.01), ylim=(min(0.45, axes.get_ylim()[0]), 1.01))
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.legend(loc="lower right")
    promised = ", ".join(f"{level:.0%}" for level in LEVELS)
    alt = f"Measured coverage of intervals that promise {promised}: {'; '.join(worded)}."
    return plot(figure, "Promised and measured coverage", alt)


def _widths(scales: dict[str, GradedScale], level: float) -> Plot:
    figure = sheet(4.4, 4.4)
    grid = figure.subplots(len(scales), squeeze=False)[:, 0]
    worded = []
    for axes, (name, graded), colour in zip(grid, scales.items(), COLOURS, strict=False):
        widths = graded.widths()[~np.isnan(graded.truth)]
        span = graded.scale.high - graded.scale.low
        axes.hist(widths, bins=np.linspace(0, span, 37), color=colour, alpha=0.75)
        axes.axvline(np.median(widths), color=INK, linewidth=1)
        axes.set(xlim=(0, span), yticks=[])
        axes.set_title(name, loc="left", fontsize=9)
        axes.spines.left.set_visible(False)
        worded.append(f"{name} {np.median(widths):.2f}")
    grid[-1].set_xlabel("width, points of the scale")
    alt = f"Histograms of the widths of {level:.0%} intervals; medians: {', '.join(worded)}."
    return plot(figure, f"Widths of the {level:.0%} intervals", alt)
