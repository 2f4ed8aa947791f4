"""``radiograde audit``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from radiograde.service.cli.common import (
    DAY,
    data_dir_of_group,
    data_dir_option,
    installation_of,
    plain_errors,
    site_option,
)

BROKEN = 1
"""Exit code where the audit trail is not whole."""


@click.group()
@data_dir_of_group
def audit() -> None:
    """Show who did what, and whether that record is whole.

    \b
    Example:
      radiograde audit verify
      radiograde audit list --since 2026-11-01 > audit.csv
    """


@audit.command()
@data_dir_option
@site_option
@click.pass_context
def verify(context: click.Context, /, **chosen: Any) -> None:
    """Find rows that were changed, removed, moved or cut off.

    Exit code 0: the audit trail is whole. 1: it is not.
    """
    from radiograde.service.audit.audit_store import opened_audit
    from radiograde.service.audit.hash_chain import Chain
    from radiograde.service.audit.verify import flaws

    with plain_errors():
        settings = installation_of(chosen)
        with opened_audit(settings) as store:
            found = list(flaws(store, Chain(settings.data_dir)))
            count = store.count()
    for flaw in found:
        click.echo(f"{flaw.seq}: {flaw.what}")
    click.echo(f"{count} rows, {len(found)} flaws.")
    context.exit(BROKEN if found else 0)


@audit.command("list")
@click.option("--action", help="Only this action.")
@click.option("--actor", help="Only of this user, key or node.")
@click.option("--film", help="Only of this film.")
@click.option("--patient", help="Only of this patient, by label or pseudonym.")
@click.option("--since", type=DAY, help="First day, UTC.")
@click.option("--until", type=DAY, help="Last day, UTC.")
@data_dir_option
@site_option
def show(
    action: str | None,
    actor: str | None,
    film: str | None,
    patient: str | None,
    since: datetime | None,
    until: datetime | None,
    **chosen: Any,
) -> None:
    """Write rows to stdout as CSV, newest first."""
    from radiograde.service.audit.audit_query import MOST_ROWS, AuditFilter, as_csv, page
    from radiograde.service.audit.audit_store import opened_audit

    wanted = AuditFilter(
        action=action,
        actor=actor,
        film_id=film,
        patient=patient,
        since=None if since is None else since.date(),
        until=None if until is None else until.date(),
    )
    with plain_errors(), opened_audit(installation_of(chosen)) as store:
        click.echo(as_csv(page(store, wanted, MOST_ROWS)), nl=False)
