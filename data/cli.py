"""``radiograde data``: check, split and make sets of labelled films."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Column, Table

from radiograde.data import phantom_dataset, splits
from radiograde.data.errors import ManifestError
from radiograde.data.manifest import Manifest, load
from radiograde.data.summary import FoldCount, Summary, summarise
from radiograde.data.writer import write_manifest

SOURCE = click.argument("source", type=click.Path(path_type=Path), metavar="DIR")


@click.group()
def data() -> None:
    """Build, check and split a set of labelled films.

    DIR holds the films and a manifest.csv or labels.csv; a CSV file may be named instead. Two
    columns are needed, `image` (path, counted from the CSV) and `patient`; any label columns
    may follow: brixia_A to brixia_F, geographic_extent, opacity, fold and more.
    """


@data.command()
@SOURCE
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object.")
def check(source: Path, as_json: bool) -> None:
    """Tell what DIR holds, or everything that is wrong with it.

    Exit code 0: training can use it. 1: it cannot; each problem is listed with its row, its
    column and what is allowed there. Images are seen to exist, not opened.
    """
    summary = summarise(_load(source))
    if as_json:
        click.echo(json.dumps(asdict(summary)))
    else:
        _show(summary)


@data.command()
@SOURCE
@click.option("--folds", default=5, show_default=True, help="Number of folds.")
@click.option("--seed", default=0, show_default=True, help="Another seed deals another way.")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="CSV",
    help="The CSV to write; it must not exist yet.",
)
def split(source: Path, folds: int, seed: int, out: Path) -> None:
    """Give every film of DIR a fold, whole patients at a time, and write the CSV.

    Folds that are given stay. The others are dealt evenly by severity and do not depend on the
    order of rows. Every named column is kept; cells that say nothing, such as NA, become blank.
    """
    manifest = _load(source)
    try:
        dealt = splits.assign_folds(manifest, folds, seed)
        write_manifest(dealt, out)
    except ManifestError as error:
        raise click.ClickException(error.message) from error
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    counts = [str(fold.films) for fold in summarise(dealt).folds]
    click.echo(f"{out}: {len(dealt.films)} films in folds of {', '.join(counts)}")


@data.command("phantom")
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--count", default=20, show_default=True, type=click.IntRange(min=1), help="Films to draw."
)
@click.option("--seed", default=0, show_default=True, help="Another seed draws other films.")
def make_phantoms(out: Path, count: int, seed: int) -> None:
    """Draw COUNT synthetic films with known scores into OUT, manifest included.

    No patient stands behind them: for trials, tests and demonstrations, never for a model that
    grades patients.
    """
    try:
        phantom_dataset.write_dataset(out, count, seed)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"{out}: {count} phantoms; try: radiograde data check {out}")


def _load(source: Path) -> Manifest:
    try:
        return load(source)
    except ManifestError as error:
        count = len(error.problems)
        head = f"{source}: {count} problem{'s' * (count > 1)}"
        raise click.ClickException(f"{head}\n{error.message}") from error


def _show(summary: Summary) -> None:
    console = Console(markup=False, highlight=False)
    console.print(
        f"{summary.films} films of {summary.patients} patients, {summary.graded} graded, "
        f"{summary.lateral} lateral (out of scope)"
    )
    console.print(_table("label", summary.labels))
    console.print(_table("view", summary.views))
    console.print(_table("source", summary.sources))
    console.print(_fold_table(summary.folds))
    if summary.ignored_columns:
        console.print(f"Ignored columns: {', '.join(summary.ignored_columns)}")
    console.print(f"sha256 {summary.digest}", soft_wrap=True)


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
