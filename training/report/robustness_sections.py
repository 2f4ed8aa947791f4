"""The sections on whom grades are right for, whether they follow a patient, and what moves them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from radiograde.model.scoring.scales import BRIXIA
from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.metrics import ChangeOverTime
from radiograde.training.evaluation.robustness import PerturbationShift, SubgroupMetrics
from radiograde.training.evaluation.tables import shown
from radiograde.training.report.parts import (
    BAND,
    INK,
    MISSED,
    MUTED,
    OURS,
    Plot,
    Section,
    Table,
    plot,
    sheet,
)


def subgroup_section(result: EvaluationResult) -> Section:
    """Return error, bias and coverage of every group."""
    groups = result.metrics.subgroups
    return Section(
        "subgroups",
        "Subgroups",
        "Global score against the readers' mean; films of each group in brackets. Bias to the "
        "right means graded higher than readers did. Small groups swing by chance, and scores at "
        "the ends of a scale can err to one side only.",
        [_subgroup_bars(groups, result.level)] if groups else [],
    )


def _subgroup_bars(groups: Sequence[SubgroupMetrics], level: float) -> Plot:
    heights, names = _heights(groups), [_name(group) for group in groups]
    figure = sheet(9.0, 1.0 + 0.26 * (heights[-1] + 1))
    error, bias, coverage = figure.subplots(1, 3, sharey=True, width_ratios=(3, 3, 2))
    biases, covered = [group.bias for group in groups], [group.coverage for group in groups]
    error.barh(heights, [group.mae for group in groups], color=OURS, height=0.62)
    colours = [MISSED if value > 0 else OURS for value in biases]
    bias.barh(heights, biases, color=colours, height=0.62)
    reach = 1.15 * max(*(abs(value) for value in biases), 0.1)
    bias.axvline(0, color=INK, linewidth=0.8)
    bias.set(xlim=(-reach, reach), xlabel="bias, points")
    coverage.plot(covered, heights, "o", color=OURS, markersize=4.5)
    coverage.axvline(level, color=MUTED, linewidth=1, linestyle="--")
    coverage.set(xlim=(min(0.5, *covered) - 0.02, 1.02), xlabel="intervals hold")
    coverage.xaxis.set_major_formatter("{x:.0%}")
    error.set(xlabel="mean absolute error, points")
    error.set_yticks(heights, names)
    error.set_ylim(heights[-1] + 0.6, heights[0] - 0.6)
    for axes in (error, bias, coverage):
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
    worded = "; ".join(
        f"{_name(group)}: error {group.mae:.2f}, bias {group.bias:+.2f}, intervals hold "
        f"{group.coverage:.0%}"
        for group in groups
    )
    return plot(figure, "Error, bias and coverage by group", f"By group: {worded}.")


def _name(group: SubgroupMetrics) -> str:
    return f"{group.by}: {group.name} ({group.films})"


def _heights(groups: Sequence[SubgroupMetrics]) -> list[float]:
    """Return a height for every group, with a gap where the next question begins."""
    heights, height, by = [], 0.0, groups[0].by
    for group in groups:
        height += 0.6 if group.by != by else 0.0
        by = group.by
        heights.append(height)
        height += 1.0
    return heights


def change_section(result: EvaluationResult) -> Section:
    """Return the changes that were graded beside those that readers saw."""
    change = result.metrics.change
    return Section(
        "change",
        "Change over time",
        "A dot is a film and the patient's next: to the right readers saw the patient worsen, "
        "upwards Radiograde did. Changes inside the band around the dashed line differ from the "
        "readers' by less than the repeatability limit.",
        [_change_plot(change)] if isinstance(change, ChangeOverTime) else [],
        [_change_table(change)] if isinstance(change, ChangeOverTime) else [],
    )


def _change_table(change: ChangeOverTime) -> Table:
    return Table(
        f"{change.pairs} pairs of successive films of {change.patients} patients",
        ("figure", "value"),
        [
            ("mean absolute difference of both changes", shown(change.mae, ".2f")),
            ("the same of saying that nothing changes", shown(change.null_error, ".2f")),
            ("bias, ours minus the readers'", shown(change.bias, "+.2f")),
            ("correlation", shown(change.r, ".3f")),
            ("same direction, where readers saw change", shown(change.same_direction, ".0%")),
            ("repeatability limit, points", shown(change.repeatability, ".1f")),
        ],
    )


def _change_plot(change: ChangeOverTime) -> Plot:
    readers, ours = np.array(change.readers), np.array(change.ours)
    limit = change.repeatability
    reach = min(BRIXIA.high, 1.0 + float(np.abs([readers, ours]).max()))
    line = np.array([-reach, reach])
    figure = sheet(4.4, 4.4)
    axes = figure.subplots()
    axes.fill_between(line, line - limit, line + limit, color=BAND, alpha=0.6, linewidth=0)
    axes.plot(line, line, "--", color=INK, linewidth=0.8)
    axes.axhline(0, color=MUTED, linewidth=0.6)
    axes.axvline(0, color=MUTED, linewidth=0.6)
    axes.scatter(readers, ours, s=16, color=OURS, alpha=0.7, linewidth=0)
    axes.set(xlim=line, ylim=line, aspect="equal")
    axes.set(xlabel="change that readers saw, points", ylabel="change that Radiograde graded")
    alt = (
        f"Graded change of the global score against the readers' on {len(ours)} pairs of films; "
        f"mean absolute difference {change.mae:.2f}, repeatability limit {limit:.1f}."
    )
    return plot(figure, "Film to next film", alt)


def perturbation_section(result: EvaluationResult) -> Section:
    """Return how far every perturbation moves the global score."""
    shifts = result.metrics.robustness
    return Section(
        "robustness",
        "Robustness",
        "The same films, changed as another machine, export or technician would: the bar is the "
        "mean absolute change of the global score, the tick what 95 % of films stay below, the "
        "diamond the mean change with its sign.",
        [_shift_bars(shifts)] if shifts else [],
    )


def _shift_bars(shifts: Sequence[PerturbationShift]) -> Plot:
    heights = list(range(len(shifts)))
    figure = sheet(9.0, 1.1 + 0.28 * len(shifts))
    axes = figure.subplots()
    axes.barh(
        heights,
        [shift.mean for shift in shifts],
        color=OURS,
        height=0.6,
        alpha=0.85,
        label="mean absolute change",
    )
    axes.plot(
        [shift.p95 for shift in shifts],
        heights,
        "|",
        color=INK,
        markersize=10,
        label="95th percentile",
    )
    axes.plot(
        [shift.bias for shift in shifts],
        heights,
        "D",
        color=MISSED,
        markersize=3.5,
        label="mean change",
    )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(heights, [f"{shift.perturbation} ({shift.films})" for shift in shifts])
    axes.set(xlabel="change of the global score, points")
    axes.set_ylim(len(shifts) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside upper right", ncols=3)
    worded = "; ".join(
        f"{shift.perturbation} {shift.mean:.2f}, 95th percentile {shift.p95:.2f}"
        for shift in shifts
    )
    return plot(figure, "Change of the global score", f"Mean absolute change: {worded}.")
