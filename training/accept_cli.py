"""The command ``accept``: a site's acceptance test of a model file; it needs no torch."""

from __future__ import annotations

import getpass
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from radiograde.model.scoring.scorer import BUNDLED
from radiograde.training.cli import PlainErrors

if TYPE_CHECKING:
    from radiograde.model.scoring.scorer import Scorer
    from radiograde.training.acceptance.acceptance_limits import Limits
    from radiograde.training.acceptance.acceptance_record import AcceptanceRecord
    from radiograde.training.evaluation.figures.graded_films import GradedFilms

RECORD, PAGE = "acceptance.json", "acceptance.pdf"
EXIT_CODES = {"accepted": 0, "not accepted": 1, "undecided": 3}

MODEL = click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=BUNDLED,
    show_default="the bundled one",
    help="Model file.",
)
LIMITS = click.option(
    "--limits",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with the limits that differ from the defaults; `radiograde accept "
    "--show-limits` prints these.",
)
THREADS = click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="all cores",
    help="Films graded at a time.",
)


@click.command()
@MODEL
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder with manifest.csv or labels.csv, or the CSV itself: local films with readers' "
    "scores. What `radiograde data reviews` wrote will do. Give it again for more films.",
)
@LIMITS
@click.option("--by", default=None, help="Who signs; default: who is signed in at this computer.")
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("acceptance"),
    show_default=True,
    help=f"Folder for {RECORD}, {PAGE} and the gradings.",
)
@click.option("--plan", is_flag=True, help="Say how many films are needed for which certainty.")
@click.option("--show-limits", is_flag=True, help="Print the default limits and their reasons.")
@THREADS
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
def accept(
    model: Path,
    data: tuple[Path, ...],
    limits: Path | None,
    by: str | None,
    report: Path,
    plan: bool,
    show_limits: bool,
    threads: int,
    as_json: bool,
) -> None:
    """Test a model file on a site's own films against the site's limits.

    Each film is graded as the service would. Errors beside readers, bias, intervals, films not
    graded, each with a 95 % interval over patients; by view, sex, age and machine. --plan says
    how many films are needed; with --data it knows the site's own spread.

    Exit code 0: accepted. 1: not accepted. 3: undecided, for the films do not carry a verdict.

    \b
    Example:
      radiograde accept --plan
      radiograde accept --model mine.onnx --data local/ --by "Dr K. Lim" --report acceptance/
    """
    from radiograde.data import manifest
    from radiograde.model.scoring.scorer import Scorer
    from radiograde.training.acceptance.acceptance_limits import DEFAULTS, load_limits
    from radiograde.training.acceptance.acceptance_run import AcceptanceTest, graded_films

    if show_limits:
        click.echo(DEFAULTS.read_text(encoding="utf-8"), nl=False)
        return
    if not (data or plan):
        raise click.UsageError("Missing option '--data'.")
    with PlainErrors():
        asked = load_limits(limits)
        scorer = Scorer(model, threads=1)
        if not data:
            _show_plan(scorer, None, asked)
            return
        films = manifest.load(*data)
        graded = graded_films(scorer, films, report, threads)
        if plan:
            _show_plan(scorer, graded, asked)
            return
        record = AcceptanceTest(asked, by or _user()).run(scorer, films, graded)
        _write(record, report)
    _show(record, report, as_json)
    sys.exit(EXIT_CODES[record.verdict])


def _show_plan(scorer: Scorer, graded: GradedFilms | None, limits: Limits) -> None:
    from radiograde.training.acceptance.film_plan import (
        expected_of_file,
        expected_of_films,
        needed_table,
        precision_table,
    )
    from radiograde.training.evaluation.worded_figures import print_tables

    expected = expected_of_file(scorer.metadata) if graded is None else expected_of_films(graded)
    print_tables([precision_table(expected), needed_table(expected, limits)])


def _write(record: AcceptanceRecord, folder: Path) -> None:
    from radiograde.training.acceptance.acceptance_page import acceptance_page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_bytes(record.to_bytes())
    (folder / PAGE).write_bytes(acceptance_page(record))


def _show(record: AcceptanceRecord, folder: Path, as_json: bool) -> None:
    from radiograde.training.acceptance.record_tables import (
        criteria_table,
        groups_table,
        losses_words,
        scales_table,
    )
    from radiograde.training.evaluation.worded_figures import print_tables

    if as_json:
        click.echo(json.dumps(record.to_json()))
        return
    tables = (scales_table(record), groups_table(record), criteria_table(record))
    print_tables([table for table in tables if table.rows])
    click.echo(losses_words(record))
    for remark in record.remarks:
        click.echo(f"Note: {remark}")
    click.echo(f"{record.verdict}: {folder / PAGE}, record {record.digest}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "not named"
