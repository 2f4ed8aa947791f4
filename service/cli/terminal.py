"""Tables and bars on a terminal, and what becomes of them where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

T = TypeVar("T")

_PIPED_WIDTH = 120


def stdout() -> Console:
    """Return what writes tables to stdout; into a pipe they are 120 columns wide."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPED_WIDTH)


def plain_table(*headings: str, leading: int = 0) -> Table:
    """Return an empty table with a column for each heading, in which long cells are folded.

    ``leading``: empty lines between its rows.
    """
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), leading=leading, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def progress_bar(steps: Iterable[T], total: int | None, what: str) -> Iterator[T]:
    """Pass the steps on, with a bar on stderr where a person watches; ``what`` stands before it.

    ``total``: how many there are; None where that is not known yet.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from steps
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(steps, total=total)
