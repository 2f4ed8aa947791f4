"""``radiograde jobs``."""

from __future__ import annotations

import json
from typing import Any

import click

from radiograde.service.cli.common import data_dir_option, plain_errors, settings_of


@click.group(invoke_without_command=True)
@click.option(
    "--state",
    type=click.Choice(["waiting", "graded", "set_aside", "failed", "undelivered", "parked"]),
    help="Only these.",
)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One job a line.")
@data_dir_option
@click.pass_context
def jobs(context: click.Context, /, state: Any, limit: int, as_json: bool, **chosen: Any) -> None:
    """Show what came in by any door, and what became of it.

    \b
    Example:
      radiograde jobs --state parked
      radiograde jobs retry --all
    """  # noqa: D301  click needs the character itself
    context.obj = chosen
    if context.invoked_subcommand is not None:
        return
    from radiograde.service.cli.jobs_table import write_jobs
    from radiograde.service.grading.records import open_records

    with plain_errors():
        records = open_records(settings_of(chosen))
        found = records.jobs.page(limit, state=state)
        if as_json:
            for job in found:
                click.echo(json.dumps(job.to_json()))
        else:
            write_jobs(found, records.jobs.counts())
        records.close()


@jobs.command()
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--all", "every", is_flag=True, help="All that failed or are parked.")
@click.pass_obj
def retry(chosen: dict[str, Any], ids: tuple[str, ...], every: bool) -> None:
    """Try failed gradings and parked deliveries again."""
    if bool(ids) == every:
        raise click.UsageError("Name the jobs, or give --all.")
    from radiograde.service.grading.records import open_records

    with plain_errors():
        records = open_records(settings_of(chosen))
        wanted = list(ids) if ids else list(records.jobs.stopped())
        count = sum(records.jobs.retry(id) for id in wanted)
        records.close()
    click.echo(f"{count} set going again.")
