"""What ``score`` shows: a table, or a JSON object a line, and progress for those who watch."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import get_args

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from radiograde.model.scoring.result import NOTICE, Scores, SeverityResult, Status
from radiograde.model.scoring.scales import BRIXIA, EXTENT, LEFT_ZONES, OPACITY, RIGHT_ZONES, ZONE
from radiograde.service.cli.batch import Batch, Graded
from radiograde.service.cli.score_table import ScoreTable
from radiograde.service.cli.terminal import plain_table, progress_bar, stdout
from radiograde.service.grading.film_search import FilmSearch

_STYLES = {"none": "green", "mild": "yellow", "moderate": "dark_orange", "severe": "red"}


def report(batch: Batch, search: FilmSearch, *, as_json: bool) -> bool:
    """Grade the films and show each result on stdout; return whether all were scored.

    Raises:
        OSError: a document cannot be written.
    """
    all_scored = True
    films = list(search)
    with closing(batch.grade(films)) as graded:
        results = _watched(graded, len(films), hidden=as_json)
        show = _show_lines if as_json else _show_table
        for one in show(results):
            all_scored = all_scored and one.result.status == "scored"
    if search.skipped:
        click.echo(f"{search.skipped} other files in the folders were skipped.", err=True)
    return all_scored


def report_table(batch: Batch, search: FilmSearch, path: Path, *, as_json: bool) -> bool:
    """Grade the films that a table has no row of; return whether all of these were scored.

    Raises:
        click.UsageError: the file is no table of scores.
        OSError: the table or a document cannot be written.
    """
    counts: Counter[str] = Counter()
    with ScoreTable(path) as table, closing(batch.grade(table.left(search))) as graded:
        results = _watched(graded, None, hidden=as_json)
        search.is_known = table.has_row
        try:
            for one in _show_lines(results) if as_json else results:
                table.add(one)
                counts[one.result.status] += 1
        except KeyboardInterrupt:
            click.echo("Stopped. The same command goes on from here.", err=True)
            raise
        finally:
            words = [f"{counts[one]} {one}" for one in get_args(Status)]
            click.echo(
                f"{', '.join(words)}; {table.passed} had a row. {search.skipped} other files.",
                err=True,
            )
    return counts.total() == counts["scored"]


def _show_lines(results: Iterable[Graded]) -> Iterator[Graded]:
    for graded in results:
        click.echo(json.dumps(graded.to_json()))
        yield graded


def _show_table(results: Iterable[Graded]) -> Iterator[Graded]:
    table = _results_table()
    for graded in results:
        _add_result(table, graded)
        yield graded
    console = stdout()
    console.print(table)
    console.print(NOTICE, style="dim")


def _watched(results: Iterable[Graded], total: int | None, *, hidden: bool) -> Iterator[Graded]:
    """Pass the results on, with a bar on stderr where a person watches and has to wait."""
    needs_no_bar = (total is not None and total < 2) or (hidden and Console().is_terminal)
    return iter(results) if needs_no_bar else progress_bar(results, total, "Grading")


def _results_table() -> Table:
    """Return an empty table that fits 80 columns; ``_add_result`` fills it."""
    table = plain_table(leading=1)
    table.add_column("File", overflow="fold", ratio=1)
    table.add_column(f"Brixia\n0-{BRIXIA.high:g}", no_wrap=True)
    table.add_column(f"Zones\n0-{ZONE.high:g}", no_wrap=True)
    table.add_column(f"Extent\n0-{EXTENT.high:g}", no_wrap=True)
    table.add_column(f"Opacity\n0-{OPACITY.high:g}", no_wrap=True)
    table.add_column("Lung\n%", no_wrap=True)
    table.add_column("Outcome", no_wrap=True)
    return table


def _add_result(table: Table, graded: Graded) -> None:
    """Add one film's row: its scores, or why there are none."""
    result = graded.result
    scores = result.scores
    outcome = result.severity if scores is not None and result.severity else result.status
    table.add_row(
        Text(_printable(graded.film.path)).append(
            "".join(f"\n{line}" for line in _remarks(result)), "dim"
        ),
        *(_score_cells(scores) if scores is not None else [""] * 5),
        Text(outcome, _STYLES.get(outcome, "bold red")),
    )


def _score_cells(scores: Scores) -> list[str | Text]:
    low, high = scores.brixia.interval
    return [
        Text(f"{scores.brixia.value:.1f}", "bold").append(f"\n{low:.1f}-{high:.1f}", "dim"),
        "\n".join(
            " ".join([side, *(f"{scores.zones[name].value:.1f}" for name in zones)])
            for side, zones in (("R", RIGHT_ZONES), ("L", LEFT_ZONES))
        ),
        f"{scores.geographic_extent.value:.1f}",
        f"{scores.opacity.value:.1f}",
        f"{scores.lung_involvement_percent.total:.0f}",
    ]


def _remarks(result: SeverityResult) -> list[str]:
    if result.error is not None:
        return [result.error.message]
    reasons = result.gate.reasons if result.gate is not None else ()
    return [reason.message for reason in reasons if reason.level != "info"]


def _printable(path: Path) -> str:
    """Return a path whose undecodable bytes are marked, as a terminal takes no surrogates."""
    return os.fsencode(path).decode("utf-8", "replace")
