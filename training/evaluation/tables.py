"""An evaluation as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def shown(value: float | None, form: str) -> str:
    """Return a figure in a format, or that no film had what it needs."""
    return "not measured" if value is None else format(value, form)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    ruler = "|" + "---|" * len(header)
    return [_line(header), ruler, *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def agreement_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of the side-by-side table as Markdown."""
    return markdown(
        ("reference", "grader", "films", "MAE (95 % CI)", "bias", "r"),
        [_agreement_row(row) for row in rows],
    )


def _agreement_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    found = row["agreement"]
    low, high = found["mae_95"]
    return (
        row["reference"],
        row["grader"],
        f"{found['films']}",
        f"{found['mae']:.2f} ({low:.2f}-{high:.2f})",
        f"{found['bias']:+.2f}",
        shown(found["r"], ".3f"),
    )


def training_time(evaluation: Mapping[str, Any]) -> str:
    """Return how long a run trained, in words; with what its teacher took."""
    own, teacher = evaluation["run"]["minutes"], evaluation["run"].get("teacher_minutes", 0.0)
    total = f"{own + teacher:.0f} minutes"
    return f"{total} ({teacher:.0f} of them its teacher's)" if teacher else total


def trained_on(evaluation: Mapping[str, Any]) -> str:
    """Return what a run was trained on, in words."""
    run = evaluation["run"]
    return f"{run['threads']} CPU cores" if run["device"] == "cpu" else str(run["device"])


def show(evaluation: Mapping[str, Any], console: Console | None = None) -> None:
    """Print the figures that matter, each grader beside its peers on the same films."""
    console = console or Console()
    console.print(_agreement(evaluation))
    console.print(_others(evaluation))


def _agreement(evaluation: Mapping[str, Any]) -> Table:
    table = Table("grader", "films", "MAE", "95 % CI", "bias", "r", title="Agreement, out of fold")
    for column in table.columns[1:]:
        column.justify = "right"
    reference = None
    for row in evaluation["agreement"]:
        if row["reference"] != reference:
            reference = row["reference"]
            table.add_section()
            table.add_row(f"[bold]{reference}[/bold]")
        found = row["agreement"]
        low, high = found["mae_95"]
        table.add_row(
            f"  {row['grader']}",
            str(found["films"]),
            f"{found['mae']:.2f}",
            f"{low:.2f}-{high:.2f}",
            f"{found['bias']:+.2f}",
            shown(found["r"], ".3f"),
        )
    return table


def _others(evaluation: Mapping[str, Any]) -> Table:
    table = Table("figure", "value", title="Zones, lungs, intervals")
    table.columns[1].justify = "right"
    for who, kappa in evaluation["zone_kappa"].items():
        table.add_row(f"zone kappa, {who}", shown(kappa, ".3f"))
    dice = evaluation["lung_dice"]
    table.add_row(f"lung Dice, {dice['films']} films", shown(dice["mean"], ".3f"))
    for name, found in evaluation["coverage"].items():
        table.add_row(
            f"90 % interval, {name}: films covered, median width",
            f"{shown(found['share'], '.1%')}, {shown(found['median_width'], '.2f')}",
        )
    for kind in evaluation["clear"]:
        table.add_row(
            f"clear films, {kind['source']}, {kind['finding']}: mean Brixia, 95th percentile",
            f"{kind['mean_brixia']:.2f}, {kind['p95_brixia']:.2f}",
        )
    gate = evaluation["gate"]
    table.add_row(
        "gate: good films rejected, ROC area", f"{gate['films_rejected']:.1%}, {gate['auc']:.4f}"
    )
    for kind in gate["kinds"]:
        table.add_row(f"gate: {kind['kind']} rejected", f"{kind['rejected']:.1%}")
    for shift in evaluation["robustness"]:
        table.add_row(f"moved by: {shift['perturbation']}", f"{shift['mean']:.2f}")
    return table
