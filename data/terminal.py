"""What ``radiograde data`` shows on a terminal: counts as tables, a bar while films are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Column, Table

from radiograde.data.summary import FoldCount, Summary

Step = TypeVar("Step")


def watched(steps: Iterable[Step], total: int, what: str) -> Iterator[Step]:
    """Pass the steps on, with a bar on stderr where a person watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from steps
        return
    yield from track(steps, what, total, console=console, transient=True)


def counted(steps: Iterable[Step], what: str) -> Iterator[Step]:
    """Pass the steps on, with their count on stderr where a person watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from steps
        return
    with console.status(what) as status:
        for number, step in enumerate(steps, 1):
            status.update(f"{what}: {number}")
            yield step


def show_summary(summary: Summary) -> None:
    """Print the counts."""
    console = Console(markup=False, highlight=False)
    console.print(
        f"{summary.films} films of {summary.patients} patients, {summary.graded} graded, "
        f"{_out_of_scope(summary)}"
    )
    console.print(_table("label", summary.labels))
    console.print(_table("view", summary.views))
    console.print(_table("source", summary.sources))
    console.print(_fold_table(summary.folds))
    if summary.ignored_columns:
        console.print(f"Ignored columns: {', '.join(summary.ignored_columns)}")
    console.print(f"sha256 {summary.digest}", soft_wrap=True)


def _out_of_scope(summary: Summary) -> str:
    others = summary.out_of_scope - summary.lateral
    more = f", {others} others out of scope" if others else ""
    return f"{summary.lateral} lateral (out of scope){more}"


def _table(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title, Column("films", justify="right"), box=box.SIMPLE)
    for name, count in counts.items():
        table.add_row(name, str(count))
    return table


def _fold_table(folds: Iterable[FoldCount]) -> Table:
    numbers = (Column(name, justify="right") for name in ("films", "patients", "graded"))
    table = Table("fold", *numbers, box=box.SIMPLE)
    for fold in folds:
        name = "none" if fold.fold is None else str(fold.fold)
        table.add_row(name, str(fold.films), str(fold.patients), str(fold.graded))
    return table
