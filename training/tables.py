"""An evaluation as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def shown(value: float | None, form: str) -> str:
    """Return a figure in a format, or that no film had what it needs."""
    return "not measured" if value is None else format(value, form)


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
    for name, share in evaluation["coverage"].items():
        table.add_row(f"90 % interval covers, {name}", shown(share, ".1%"))
    clear = evaluation["clear"]
    if clear["films"]:
        table.add_row(f"mean Brixia of {clear['films']} clear films", f"{clear['mean_brixia']:.2f}")
    return table
