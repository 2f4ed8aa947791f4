"""The section on robustness: what moves a score and should not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from radiograde.training.evaluation.measured import Measured
from radiograde.training.report.parts import Plot, Section
from radiograde.training.report.style import INK, MISSED, OURS, plot, sheet


def section(measured: Measured) -> Section:
    """Return how far every perturbation moves the global score."""
    shifts = measured.evaluation["robustness"]
    return Section(
        "robustness",
        "Robustness",
        "The same films, changed as another machine, export or technician would: the bar is the "
        "mean absolute change of the global score, the tick what 95 % of films stay below, the "
        "diamond the mean change with its sign.",
        [_bars(shifts)] if shifts else [],
    )


def _bars(shifts: Sequence[Mapping[str, Any]]) -> Plot:
    places = list(range(len(shifts)))
    figure = sheet(9.0, 1.1 + 0.28 * len(shifts))
    axes = figure.subplots()
    mean, p95, bias = ([shift[key] for shift in shifts] for key in ("mean", "p95", "bias"))
    axes.barh(places, mean, color=OURS, height=0.6, alpha=0.85, label="mean absolute change")
    axes.plot(p95, places, "|", color=INK, markersize=10, label="95th percentile")
    axes.plot(bias, places, "D", color=MISSED, markersize=3.5, label="mean change")
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(places, [f"{shift['perturbation']} ({shift['films']})" for shift in shifts])
    axes.set(xlabel="change of the global score, points")
    axes.set_ylim(len(shifts) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside upper right", ncols=3)
    worded = "; ".join(
        f"{shift['perturbation']} {shift['mean']:.2f}, 95th percentile {shift['p95']:.2f}"
        for shift in shifts
    )
    return plot(figure, "Change of the global score", f"Mean absolute change: {worded}.")
