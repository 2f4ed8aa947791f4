"""How figures are put into words: with their intervals, and as rows under a header."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from radiograde.training.evaluation.figures.patient_bootstrap import Estimate

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Rows under a header; the first ``words`` columns hold words. ``reading``: how to read it."""

    anchor: str
    title: str
    reading: str
    header: Row
    rows: Sequence[Row]
    words: int = 1


def figure(found: Estimate, form: str = ".2f") -> str:
    """Return a figure and its interval in a format."""
    if found.value is None:
        return "not measured"
    value = format(found.value, form)
    if found.ends is None:
        return value
    low, high = (format(end, form) for end in found.ends)
    return f"{value} ({low} to {high})"


def value_alone(found: Estimate) -> str:
    """Return a figure without its interval."""
    return "not measured" if found.value is None else f"{found.value:.2f}"


def scale_name(scale: str) -> str:
    """Return what a reader calls a scale."""
    return {"brixia": "Brixia", "geographic_extent": "extent"}.get(scale, scale)


def grader_name(name: str) -> str:
    """Return what a grader is called beside others."""
    return name if name in ("Radiograde", "readers' mean") else f"reader {name}"


def print_tables(tables: Sequence[FigureTable], console: Console | None = None) -> None:
    """Print tables of figures, each under its title and above how to read it."""
    console = console or Console()
    for found in tables:
        table = Table(*found.header, title=found.title, caption=found.reading)
        for column in table.columns[found.words :]:
            column.justify = "right"
        for row in found.rows:
            table.add_row(*row)
        console.print(table)
