"""``radiograde score``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_of_site_file,
    device_option,
    keep_private,
    model_option,
    plain_errors,
    settings_of,
)

UNGRADED = 3
"""Exit code when a film was rejected or failed."""


@click.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="FILE_OR_DIR...",
)
@click.option("--json", "as_json", is_flag=True, help="One result object a line.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for a JSON file each, a picture of each scored film, and its DICOM documents.",
)
@data_dir_of_site_file
@model_option
@device_option
@click.pass_context
def score(
    context: click.Context,
    /,
    paths: tuple[Path, ...],
    as_json: bool,
    out: Path | None,
    **chosen: Any,
) -> None:
    """Grade films: DICOM, PNG or JPEG. Folders are searched for them.

    Exit code 0: all scored. 3: some rejected or unreadable. 2: wrong usage.

    \b
    Example:
      radiograde score film.dcm
      radiograde score study/ --json --out graded/ > results.jsonl
    """  # noqa: D301  click needs the character itself
    from radiograde.service.cli.batch import Batch
    from radiograde.service.cli.paths import find_films
    from radiograde.service.cli.score_report import report
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.logs import hush_decoders

    found = find_films(paths, out)
    if not found.films:
        raise click.UsageError("No DICOM, PNG or JPEG file there. Name a film or its folder.")
    hush_decoders()
    with plain_errors():
        settings = settings_of(chosen)
        if out is not None:
            keep_private()
        batch = Batch(load_scorer(settings), settings.limits, settings.workers, out)
        all_scored = report(batch, found, as_json=as_json)
    context.exit(0 if all_scored else UNGRADED)
