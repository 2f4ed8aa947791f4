"""What ``score`` shows: a table, or a JSON object a line, and progress for those who watch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from model.result import NOTICE
from service.batch import Batch, Graded
from service.films import Found
from service.table import add_result, results_table

_PIPED_WIDTH = 120


def report(batch: Batch, found: Found, *, as_json: bool) -> bool:
    """Grade the films and show each result on stdout; return whether all were scored.

    Raises:
        OSError: a document cannot be written.
    """
    all_scored = True
    with closing(batch.grade(found.films)) as graded:
        results = _watched(graded, len(found.films), hidden=as_json)
        show = _show_lines if as_json else _show_table
        for one in show(results):
            all_scored = all_scored and one.result.status == "scored"
    if found.skipped:
        click.echo(f"{found.skipped} other files in the folders were skipped.", err=True)
    return all_scored


def _show_lines(results: Iterable[Graded]) -> Iterator[Graded]:
    for graded in results:
        click.echo(json.dumps(graded.to_json()))
        yield graded


def _show_table(results: Iterable[Graded]) -> Iterator[Graded]:
    table = results_table()
    for graded in results:
        add_result(table, graded)
        yield graded
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPED_WIDTH)
    console.print(table)
    console.print(NOTICE, style="dim")


def _watched(results: Iterable[Graded], total: int, *, hidden: bool) -> Iterator[Graded]:
    """Pass the results on, with a bar on stderr where a person watches and has to wait."""
    console = Console(stderr=True)
    if total < 2 or not console.is_terminal or (hidden and Console().is_terminal):
        yield from results
        return
    columns = (TextColumn("Grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(results, total=total)
