"""``radiograde films``: where films are kept."""

from __future__ import annotations

from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_of_group,
    data_dir_option,
    opened_records,
    site_option,
)
from radiograde.service.cli.terminal import progress_bar


@click.group()
@data_dir_of_group
def films() -> None:
    """Where films are kept: the data directory, or an object store."""


@films.command()
@click.option("--dry-run", is_flag=True, help="Only count the films.")
@data_dir_option
@site_option
def move(dry_run: bool, **chosen: Any) -> None:
    """Move films from where they were kept to where the site file keeps them now.

    Write the new place into [films] as archive and the old one as moving_from, and restart every
    process: from then on films come into the new place and are read from both. Then move. Broken
    off, it goes on where it was when it is started again.

    \b
    Example:
      radiograde films move --dry-run
      radiograde films move
    """
    from radiograde.service.storage.moving_storage import MovingStorage

    with opened_records(chosen) as (settings, records):
        storage = records.archive.storage
        if not isinstance(storage, MovingStorage):
            click.echo("Nothing is to be moved: [films] of the site file has no moving_from.")
            return
        folders = storage.to_move()
        count = sum(folder.startswith("films/") for folder in folders)
        if dry_run:
            click.echo(f"{count} films lie in {settings.films.moving_from}.")
            return
        files = sum(map(storage.move_files, progress_bar(folders, len(folders), "Moving")))
    click.echo(
        f"{files} files moved to {settings.films.archive}, of {count} films. Nothing is left: take "
        "moving_from out of the site file, and restart every process."
        if not storage.to_move()
        else "Films came into the former place meanwhile: restart every process, and move again."
    )
