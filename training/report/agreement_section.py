"""The section on agreement: every grader beside every reference."""

from __future__ import annotations

from collections.abc import Sequence

from radiograde.training.evaluation.comparators import ComparatorRow
from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.tables import confidence_interval, shown
from radiograde.training.report.parts import MUTED, OURS, Plot, Section, Table, plot, sheet

Rows = Sequence[ComparatorRow]


def agreement_section(result: EvaluationResult) -> Section:
    """Return the table of all graders and its picture."""
    rows = result.metrics.agreement
    firsts = _firsts(rows)
    return Section(
        "agreement",
        "Agreement",
        "Each grader is measured on the films that both it and the reference graded; smaller "
        "errors are better. Lines are 95 % intervals by a bootstrap over patients: the longer, the "
        "less these films tell. Comparators on another scale are brought onto the reference's by a "
        "line through all other films.",
        [_forest(rows)] if rows else [],
        [
            Table(
                "Error and bias in points of the scale; bias is grader minus reference.",
                ("reference", "grader", "films", "MAE (95 % CI)", "bias", "r"),
                [_cells(row, number in firsts) for number, row in enumerate(rows)],
                words=2,
                strong=frozenset(number for number, row in enumerate(rows) if row.is_ours),
                first=firsts,
            )
        ],
    )


def _firsts(rows: Rows) -> frozenset[int]:
    """Return the numbers of the rows whose reference is not that of the row above."""
    above = [None, *(row.reference for row in rows)]
    return frozenset(number for number, row in enumerate(rows) if row.reference != above[number])


def _cells(row: ComparatorRow, first: bool) -> tuple[str, ...]:
    agreed = row.agreement
    return (
        row.reference if first else "",
        row.grader,
        f"{agreed.films}",
        f"{agreed.mae:.2f} ({confidence_interval(row)})",
        f"{agreed.bias:+.2f}",
        shown(agreed.r, ".3f"),
    )


def _forest(rows: Rows) -> Plot:
    """Return every row's error as a dot on a line, under its reference's name."""
    firsts = _firsts(rows)
    names: dict[float, str] = {}
    height = -1.5
    figure = sheet(9.0, 0.7 + 0.2 * (len(rows) + 1.5 * len(firsts)))
    axes = figure.subplots()
    for number, row in enumerate(rows):
        if number in firsts:
            height += 1.5
            names[height] = row.reference
        height += 1.0
        names[height] = row.grader
        low, high = row.agreement.mae_95
        colour = OURS if row.is_ours else MUTED
        axes.plot([low, high], [height, height], color=colour, linewidth=1.5)
        axes.plot(row.agreement.mae, height, "o", color=colour, markersize=5)
    axes.set_yticks(list(names), list(names.values()))
    references = {row.reference for row in rows}
    for label in axes.get_yticklabels():
        label.set_fontweight("bold" if label.get_text() in references else "normal")
    axes.set(xlabel="mean absolute error (95 % interval)", ylim=(height + 0.7, -0.7))
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    worded = (f"{row.grader} against {row.reference} {row.agreement.mae:.2f}" for row in rows)
    return plot(figure, "Mean absolute error", f"Mean absolute errors: {'; '.join(worded)}.")
