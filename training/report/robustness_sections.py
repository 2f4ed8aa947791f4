"""The section on subgroups: for whom the grades are right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from radiograde.training.evaluation.measured import Measured
from radiograde.training.report.parts import Plot, Section
from radiograde.training.report.style import INK, MISSED, MUTED, OURS, plot, sheet


def section(measured: Measured) -> Section:
    """Return error, bias and coverage of every group."""
    groups = measured.evaluation["subgroups"]
    return Section(
        "subgroups",
        "Subgroups",
        "Global score against the readers' mean; films of each group in brackets. Bias to the "
        "right means graded higher than readers did. Small groups swing by chance, and scores at "
        "the ends of a scale can err to one side only.",
        [_bars(groups, measured.level)] if groups else [],
    )


def _bars(groups: Sequence[Mapping[str, Any]], level: float) -> Plot:
    places, names = _places(groups), [_name(group) for group in groups]
    figure = sheet(9.0, 1.0 + 0.26 * (places[-1] + 1))
    error, bias, coverage = figure.subplots(1, 3, sharey=True, width_ratios=(3, 3, 2))
    values = {key: [group[key] for group in groups] for key in ("mae", "bias", "coverage")}
    error.barh(places, values["mae"], color=OURS, height=0.62)
    colours = [MISSED if value > 0 else OURS for value in values["bias"]]
    bias.barh(places, values["bias"], color=colours, height=0.62)
    reach = 1.15 * max(*(abs(value) for value in values["bias"]), 0.1)
    bias.axvline(0, color=INK, linewidth=0.8)
    bias.set(xlim=(-reach, reach), xlabel="bias, points")
    coverage.plot(values["coverage"], places, "o", color=OURS, markersize=4.5)
    coverage.axvline(level, color=MUTED, linewidth=1, linestyle="--")
    coverage.set(xlim=(min(0.5, *values["coverage"]) - 0.02, 1.02), xlabel="intervals hold")
    coverage.xaxis.set_major_formatter("{x:.0%}")
    error.set(xlabel="mean absolute error, points")
    error.set_yticks(places, names)
    error.set_ylim(places[-1] + 0.6, places[0] - 0.6)
    for axes in (error, bias, coverage):
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
    worded = "; ".join(
        f"{_name(group)}: error {group['mae']:.2f}, bias {group['bias']:+.2f}, intervals hold "
        f"{group['coverage']:.0%}"
        for group in groups
    )
    return plot(figure, "Error, bias and coverage by group", f"By group: {worded}.")


def _name(group: Mapping[str, Any]) -> str:
    return f"{group['by']}: {group['name']} ({group['films']})"


def _places(groups: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return a height for every group, with a gap where the next question begins."""
    places, place, by = [], 0.0, groups[0]["by"]
    for group in groups:
        place += 0.6 if group["by"] != by else 0.0
        by = group["by"]
        places.append(place)
        place += 1.0
    return places
