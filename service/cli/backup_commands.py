"""``radiograde backup`` and ``radiograde restore``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    installation_of,
    model_option,
    plain_errors,
    site_option,
)

_folder = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@click.command()
@_folder
@data_dir_option
@site_option
@model_option
def backup(folder: Path, **chosen: Any) -> None:
    """Copy all that is kept into a folder, while films come in.

    Database, films with what was made of them, secrets, site file, and the model if it is not
    the bundled one. Into the folder of an earlier backup only what is new is copied.

    \b
    Example:
      radiograde backup /backup/radiograde
    """
    from radiograde.service.database.backup import back_up

    with plain_errors():
        copied = back_up(installation_of(chosen), folder)
    click.echo(f"{copied} files copied to {folder}.")


@click.command()
@_folder
@data_dir_option
@site_option
def restore(folder: Path, **chosen: Any) -> None:
    """Put a backup into an empty data directory, and its database.

    Films that came during the backup are recorded and graded, too.

    \b
    Example:
      radiograde restore /backup/radiograde --data-dir /var/lib/radiograde
    """
    from radiograde.service.database.backup import restore
    from radiograde.service.grading.housekeeping import adopt_unrecorded
    from radiograde.service.grading.records import open_records

    with plain_errors():
        settings = installation_of(chosen)
        restore(settings, folder)
        with closing(open_records(settings, upgrade=True)) as records:
            adopted = adopt_unrecorded(records.archive, records.films, records.intake, -1.0)
    click.echo(f"Restored into {settings.data_dir}; {adopted} films had no record yet.")
