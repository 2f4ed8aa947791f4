"""``radiograde data reviews``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from radiograde.service.cli.common import DAY, data_dir_option, opened_records


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="New or empty folder, or an earlier export, which is replaced.",
)
@click.option("--since", type=DAY, help="Only reviews from this day on, in local time.")
@click.option(
    "--accepted/--no-accepted",
    default=False,
    show_default=True,
    help="Whether accepted results are labels too: the model's own zones, rounded. A model that is "
    "measured against them looks better than it is.",
)
@click.option(
    "--lungs/--no-lungs",
    default=True,
    show_default=True,
    help="Whether the lungs as the model outlined them are written as lung masks.",
)
@data_dir_option
def reviews(out: Path, since: datetime | None, accepted: bool, lungs: bool, **chosen: Any) -> None:
    """Write reviewed films and their readers' zones as a set to train on.

    Films become PNG without their header: patients are pseudonyms. Text that is burned into a
    film stays in it; look before you pass films on. Of a film's readers the one who reviewed it
    last decides. Films found not gradable are left out, and so are those no longer kept.

    \b
    Example:
      radiograde data reviews --out reviewed/
      radiograde data check reviewed/
      radiograde train --data reviewed/ --out runs/mine
    """
    from radiograde.service.cli.terminal import progress_bar
    from radiograde.service.labelling.export import Choice, ReviewExport, summary

    with opened_records(chosen) as (settings, records):
        choice = Choice(since.astimezone() if since else None, accepted, lungs)
        export = ReviewExport(records, choice, settings.limits)
        outcomes = list(progress_bar(export.write(out), len(export), "Exporting"))
    click.echo(f"{out}: {summary(outcomes)}")
