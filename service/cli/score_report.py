"""What ``score`` shows: a table, or a JSON object a line, and progress for those who watch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing

import click
from rich.console import Console

from radiograde.model.scoring.result import NOTICE
from radiograde.service.cli.batch import Batch, Graded
from radiograde.service.cli.paths import Found
from radiograde.service.cli.table import add_result, results_table
from radiograde.service.cli.terminal import progress_bar, stdout


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
    console = stdout()
    console.print(table)
    console.print(NOTICE, style="dim")


def _watched(results: Iterable[Graded], total: int, *, hidden: bool) -> Iterator[Graded]:
    """Pass the results on, with a bar on stderr where a person watches and has to wait."""
    needs_no_bar = total < 2 or (hidden and Console().is_terminal)
    return iter(results) if needs_no_bar else progress_bar(results, total, "Grading")
