"""The command ``compare``: two model files on the same films; it needs no torch."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from radiograde.training.accept_cli import LIMITS, THREADS
from radiograde.training.cli import PlainErrors

EXIT_CODES = {"better": 0, "not worse": 0, "worse": 1, "undecided": 3}

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("a", type=_FILE)
@click.argument("b", type=_FILE)
@click.option(
    "--data",
    required=True,
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder with manifest.csv or labels.csv, or the CSV itself. Give it again for more films.",
)
@LIMITS
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("comparison"),
    show_default=True,
    help="Folder for comparison.html, comparison.json and the gradings. It holds images of "
    "patients: keep it where the films may be kept.",
)
@THREADS
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def compare(
    a: Path,
    b: Path,
    data: tuple[Path, ...],
    limits: Path | None,
    report: Path,
    threads: int,
    as_json: bool,
) -> None:
    """Say whether model file B is better than A on the same films.

    Paired differences, B minus A, with 95 % intervals over patients, and the films that moved most
    side by side. Not worse: B's error is larger by less than `beyond_second_reader` of the limits,
    with its whole interval.

    Exit code 0: better, or not worse. 1: worse. 3: undecided.

    \b
    Example:
      radiograde compare old.onnx new.onnx --data local/ --report comparison/
    """
    from radiograde.data import manifest
    from radiograde.model.scoring.scorer import Scorer
    from radiograde.training.acceptance.acceptance_limits import load_limits
    from radiograde.training.comparison.comparison_record import comparison_tables
    from radiograde.training.comparison.comparison_run import PAGE, compare_models
    from radiograde.training.evaluation.worded_figures import print_tables

    with PlainErrors():
        asked = load_limits(limits)
        models = Scorer(a, threads=1), Scorer(b, threads=1)
        record = compare_models(models, manifest.load(*data), asked, report, threads)
    if as_json:
        click.echo(json.dumps(record.to_json()))
    else:
        print_tables(comparison_tables(record.figures))
        click.echo(f"{record.verdict}: {report / PAGE}, record {record.digest}")
    sys.exit(EXIT_CODES[record.verdict])
