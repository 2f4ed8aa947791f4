"""``radiograde data``: check, split and make sets of labelled films."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import click

from radiograde.data import check as checking
from radiograde.data import phantom_dataset
from radiograde.data.errors import ManifestError
from radiograde.data.importing.command import import_command
from radiograde.data.manifest import Manifest, load
from radiograde.data.summary import summarise
from radiograde.data.terminal import show_summary, watched
from radiograde.data.writer import write_manifest

PHANTOMS = 20
DICOM_PHANTOM = "film.dcm"
DICOM_PHANTOMS = "films"
"""What the drawn films are called where no other name is given: one, or the folder of several."""

SOURCE = click.argument("source", type=click.Path(path_type=Path), metavar="DIR")


@click.group()
def data() -> None:
    """Build, check and split a set of labelled films.

    DIR holds the films and a manifest.csv or labels.csv; a CSV file may be named instead. Two
    columns are needed, `image` (path, counted from the CSV) and `patient`; any label columns
    may follow: brixia_A to brixia_F, geographic_extent, opacity, fold and more.
    """


@data.command()
@click.argument(
    "sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="DIR..."
)
@click.option("--thorough", is_flag=True, help="Decode every film and mask, not a sample.")
@click.option("--part", is_flag=True, help="DIR is a part of a set: what it lacks is no problem.")
@click.option("--json", "as_json", is_flag=True, help="Print counts and warnings as JSON.")
def check(sources: tuple[Path, ...], thorough: bool, part: bool, as_json: bool) -> None:
    """Summarise what DIR holds, or list everything that is wrong with it.

    Of several DIR the films are joined, as in training. Every header and every mask's size is
    looked at; of 500 films, spread over all sources, also the pixels. With --thorough the pixels of
    all are decoded, and films are found that were saved again under another name.

    Exit code 0: training can use it. 1: it cannot; each problem is listed with its row, its column
    and what is allowed there. With --part a set without lung masks or grades passes: another one
    that is trained on beside it may have them.
    """
    manifest = _load(*sources)
    report = checking.check(
        manifest,
        thorough=thorough,
        part=part,
        watch=lambda films, total: watched(films, total, "Checking"),
    )
    if report.problems:
        _refuse(sources, ManifestError(report.problems))
    summary = summarise(manifest)
    if as_json:
        found = {"warnings": report.warnings, "decoded": report.decoded}
        click.echo(json.dumps(asdict(summary) | found))
    else:
        show_summary(summary)
        click.echo(f"Pixels decoded of {report.decoded} of {summary.films} films.")
        for warning in report.warnings:
            click.echo(f"Warning: {warning}.")


@data.command()
@SOURCE
@click.option("--folds", default=5, show_default=True, help="Number of folds.")
@click.option("--seed", default=0, show_default=True, help="Another seed splits another way.")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="CSV",
    help="The CSV to write; it must not exist yet.",
)
def split(source: Path, folds: int, seed: int, out: Path) -> None:
    """Give every film of DIR a fold, whole patients at a time, and write the CSV.

    Folds that are given stay. The others are spread evenly by severity and do not depend on the
    order of rows. Every named column is kept; cells that say nothing, such as NA, become blank.
    """
    manifest = _load(source)
    try:
        split_manifest = manifest.with_folds(folds, seed)
        write_manifest(split_manifest, out)
    except ManifestError as error:
        raise click.ClickException(error.message) from error
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error
    counts = [str(fold.films) for fold in summarise(split_manifest).folds]
    click.echo(f"{out}: {len(split_manifest.films)} films in folds of {', '.join(counts)}")


@data.command("phantom")
@click.argument("out", required=False, type=click.Path(path_type=Path))
@click.option(
    "--dicom", is_flag=True, help="Write DICOM films alone, without labels. OUT: film.dcm."
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    help=f"Films to draw.  [default: {PHANTOMS}, with --dicom 1]",
)
@click.option("--seed", default=0, show_default=True, help="Another seed draws other films.")
def make_phantoms(out: Path | None, dicom: bool, count: int | None, seed: int) -> None:
    """Draw synthetic chest films: for trials, tests and demonstrations, of no patient.

    Without --dicom, OUT is a new folder of labelled PNG films with lung masks and manifest.csv.
    With --dicom, OUT is a file, or with --count a folder of films 1.dcm, 2.dcm and so on; they
    can be graded, sent to a DICOM node or stored in a PACS. Nothing is overwritten.

    \b
    Example:
      radiograde data phantom --dicom
      radiograde score film.dcm
      storescu -aec RADIOGRADE 127.0.0.1 11112 film.dcm
    """
    if out is None and not dicom:
        raise click.UsageError("Name the folder to write, or give --dicom for one DICOM film.")
    try:
        if dicom:
            _write_dicom_phantoms(out, count, seed)
        elif out is not None:
            phantom_dataset.write_dataset(out, count or PHANTOMS, seed)
            click.echo(f"{out}: {count or PHANTOMS} phantoms; try: radiograde data check {out}")
    except OSError as error:
        raise click.ClickException(
            f"{error.filename or out} cannot be written: {error.strerror}"
        ) from error


def _write_dicom_phantoms(out: Path | None, count: int | None, seed: int) -> None:
    if count is None:
        place = out or Path(DICOM_PHANTOM)
        paths = [place / DICOM_PHANTOM if place.is_dir() else place]
    else:
        place = out or Path(DICOM_PHANTOMS)
        paths = [place / f"{number}.dcm" for number in range(1, count + 1)]
    phantom_dataset.write_dicom_films(paths, seed)
    for path in paths:
        click.echo(path)


data.add_command(import_command)


def _load(*sources: Path) -> Manifest:
    try:
        return load(*sources)
    except ManifestError as error:
        _refuse(sources, error)


def _refuse(sources: tuple[Path, ...], error: ManifestError) -> NoReturn:
    count = len(error.problems)
    head = f"{', '.join(map(str, sources))}: {count} problem{'s' * (count > 1)}"
    raise click.ClickException(f"{head}\n{error.message}") from error
