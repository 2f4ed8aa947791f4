"""``radiograde migrate``: brings the database up to date, or to another place."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    installation_of,
    plain_errors,
    site_option,
)


@click.command()
@click.option("--from", "source", metavar="URL", help="Copy everything out of this database first.")
@data_dir_option
@site_option
def migrate(source: str | None, **chosen: Any) -> None:
    """Bring the database of an older version up to date; `serve` and `listen` do so by themselves.

    With --from, an installation moves to another database: stop every process, name the new,
    empty one by RADIOGRADE_DATABASE_URL, and start the processes with it afterwards.

    \b
    Example:
      radiograde migrate
      RADIOGRADE_DATABASE_URL=postgresql+psycopg://radiograde@db/radiograde \\
        radiograde migrate --from sqlite:////var/lib/radiograde/radiograde.sqlite
    """
    from radiograde.service.database.audit_database import AuditDatabase, audit_url, copy_audit
    from radiograde.service.database.copying import copy_rows
    from radiograde.service.database.engine import Database
    from radiograde.service.grading.records import open_records

    with plain_errors():
        settings = installation_of(chosen)
        if source is not None:
            with (
                closing(Database(source, upgrade=True)) as old,
                closing(Database(settings.store_url, upgrade=True)) as new,
            ):
                films = copy_rows(old, new)
            with (
                closing(AuditDatabase(audit_url(source, settings.data_dir))) as old_trail,
                closing(AuditDatabase(audit_url(settings.store_url, settings.data_dir))) as trail,
            ):
                copy_audit(old_trail, trail)
            click.echo(f"Copied {films} films with all that belongs to them.")
        open_records(settings, upgrade=True).close()
        click.echo("The database is up to date.")
