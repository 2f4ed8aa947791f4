"""``radiograde reconcile``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import (
    DAY,
    data_dir_option,
    installation_of,
    plain_errors,
    site_option,
)
from radiograde.service.cli.terminal import plain_table, stdout

if TYPE_CHECKING:
    from radiograde.service.reconciliation.reconciliation import Reconciliation, Summary

INCOMPLETE = 3
"""Exit code when something is missing, and was not made good."""


@click.command()
@click.option("--since", type=DAY, required=True, help="First day of the studies.")
@click.option("--until", type=DAY, help="Last day of them; today by default.")
@click.option(
    "--pacs", "names", multiple=True, help="Destination to compare with; again for another."
)
@click.option("--dry-run", is_flag=True, help="Only say what is missing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_option
@site_option
def reconcile(
    since: datetime,
    until: datetime | None,
    names: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Make good what got lost between the PACS and this installation.

    Films that are in the PACS and never came here are fetched, to be graded. Results that were
    sent and are no longer there, or were given up, are sent again. Nothing is done twice. The
    worker of serve, listen or work does the grading and sending.

    Exit codes: 0 nothing is missing any more, 3 something is (also with --dry-run), 1 the PACS
    cannot be asked.

    \b
    Example:
      radiograde reconcile --since 2026-11-01
      radiograde reconcile --since 2026-11-01 --until 2026-11-07 --pacs pacs --dry-run
    """
    from radiograde.service.grading.records import open_records
    from radiograde.service.logs import configure_logging
    from radiograde.service.reconciliation.open_reconciliations import open_reconciliations

    first, last = since.date(), date.today() if until is None else until.date()
    if last < first:
        raise click.UsageError("--until is before --since.")
    with plain_errors():
        settings = installation_of(chosen, quiet=as_json)
        configure_logging("warning")
        wanted = names or settings.reconcile.pacs
        if not wanted:
            raise click.UsageError("Name a destination with --pacs, or in [reconcile] `pacs`.")
        with closing(open_records(settings, create=False)) as records:
            summaries = [
                _run(one, first, last, dry_run=dry_run)
                for one in open_reconciliations(settings, records, wanted)
            ]
    _write(summaries, as_json=as_json, dry_run=dry_run)
    in_order = all(one.is_in_order for one in summaries)
    click.get_current_context().exit(0 if in_order else INCOMPLETE)


def _run(one: Reconciliation, since: date, until: date, *, dry_run: bool) -> Summary:
    days = (until - since).days + 1
    with click.progressbar(length=days, label=one.pacs.name, file=sys.stderr) as bar:
        return one.run(since, until, dry_run=dry_run, on_day=lambda day: bar.update(1))


def _write(summaries: Sequence[Summary], *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        document = {one.pacs: one.to_json() for one in summaries}
        click.echo(json.dumps(document, indent=2))
        return
    table = plain_table("PACS", "Films there", "Missing here", "Fetched", "Missing there", "Sent")
    for one in summaries:
        table.add_row(
            one.pacs,
            str(one.films_there),
            str(one.films_missing),
            "–" if dry_run else str(one.fetched),
            str(one.results_missing),
            "–" if dry_run else str(one.sent_again),
        )
    stdout().print(table)
    for reason in dict.fromkeys(reason for one in summaries for reason in one.reasons):
        click.echo(reason)
