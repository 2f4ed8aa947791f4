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
@click.option(
    "--table",
    type=click.Path(dir_okay=False, path_type=Path),
    help="CSV file that gets a row for each film; films that have one are passed over.",
)
@click.option(
    "--parquet",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Parquet file that gets the table when the run ends.",
)
@click.option("--workers", type=click.IntRange(1), help="Films graded at a time; 2 by default.")
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
    table: Path | None,
    parquet: Path | None,
    **chosen: Any,
) -> None:
    """Grade films: DICOM, PNG or JPEG. Folders are searched for them.

    With --table it can be stopped at any time and run again: it goes on where it was.

    Exit code 0: all scored. 3: some rejected or unreadable. 2: wrong usage.

    \b
    Example:
      radiograde score film.dcm
      radiograde score study/ --json --out graded/ > results.jsonl
      radiograde score archive/ --table scores.csv --parquet scores.parquet
    """
    from radiograde.service.cli.batch import Batch
    from radiograde.service.cli.parquet_table import check_pyarrow, write_parquet
    from radiograde.service.cli.score_report import report, report_table
    from radiograde.service.grading.film_search import FilmSearch
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.logs import hush_decoders

    if parquet is not None and table is None:
        raise click.UsageError("--parquet is made of the table: add --table scores.csv.")
    if parquet is not None:
        check_pyarrow()
    search = FilmSearch(paths, out)
    if not search.finds_any():
        raise click.UsageError("No DICOM, PNG or JPEG file there. Name a film or its folder.")
    hush_decoders()
    with plain_errors():
        settings = settings_of(chosen)
        if out is not None or table is not None:
            keep_private()
        batch = Batch(load_scorer(settings), settings.limits, settings.workers, out)
        if table is None:
            all_scored = report(batch, search, as_json=as_json)
        else:
            all_scored = report_table(batch, search, table, as_json=as_json)
        if table is not None and parquet is not None:
            write_parquet(table, parquet)
    context.exit(0 if all_scored else UNGRADED)
