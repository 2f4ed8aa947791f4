"""``radiograde dossier``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import radiograde
from radiograde.service.cli.common import (
    data_dir_of_site_file,
    model_option,
    plain_errors,
    settings_of,
)


@click.command()
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to fill."
)
@click.option(
    "--source",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Checkout with pages and tests; where this program lies by default.",
)
@click.option(
    "--tests",
    "report",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JUnit report of a run of the tests; without, those that are named are run now.",
)
@data_dir_of_site_file
@model_option
def dossier(out: Path, source: Path | None, report: Path | None, **chosen: Any) -> None:
    """Build what a hospital files: HTML, PDF, model card as XML, parts list.

    Intended use and limits, model card, CLAIM and TRIPOD+AI, hazards, MDS2, DICOM conformance, IHE,
    security, data protection, change plan, packages and licences, this installation's settings.
    Fails where a claim names no test, or a test that is missing, skipped or fails.

    \b
    Example:
      radiograde dossier --out dossier/
    """
    from radiograde.service.dossier.build import build_dossier
    from radiograde.service.dossier.claims import outcomes_in
    from radiograde.service.grading.load_scorer import load_scorer

    root = source or Path(radiograde.__file__).resolve().parents[1]
    with plain_errors():
        settings = settings_of(chosen)
        outcomes = None if report is None else outcomes_in(report)
        made = build_dossier(root, settings, load_scorer(settings), outcomes)
        out.mkdir(parents=True, exist_ok=True)
        for name, content in made.files.items():
            (out / name).write_bytes(content)
    click.echo(
        f"{out}: {made.claims} claims shown by {made.tests} tests that passed; "
        f"{made.blanks} blanks are the hospital's to fill in."
    )
