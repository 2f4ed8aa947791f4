"""``radiograde jobs``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from radiograde.service.cli.common import data_dir_option, installation_of, plain_errors
from radiograde.service.cli.terminal import plain_table, stdout
from radiograde.service.errors import NoDatabaseError

if TYPE_CHECKING:
    from radiograde.service.delivery.delivery_repository import Delivery
    from radiograde.service.grading.film_jobs import Job, JobState

_STYLES = {
    "graded": "green",
    "delivered": "green",
    "waiting": "yellow",
    "failed": "bold red",
    "parked": "bold red",
    "set_aside": "dim",
}


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
    """Show what came in from any source, and what became of it.

    \b
    Example:
      radiograde jobs --state parked
      radiograde jobs retry --all
    """
    if context.invoked_subcommand is not None:
        return
    from radiograde.service.grading.records import open_records
    from radiograde.service.worklist.job_study import study_of
    from radiograde.service.worklist.patient_labels import PatientLabels

    with plain_errors():
        settings = installation_of(chosen, quiet=as_json)
        try:
            records = open_records(settings, create=False)
        except NoDatabaseError:
            click.echo("No film came in there so far.", err=True)
            return
        with closing(records):
            labels = PatientLabels(records.archive, settings.identifiers, settings.limits)
            found = records.jobs.page(limit, state=state)
            studies = [study_of(job, labels) for job in found]
            if as_json:
                for job, study in zip(found, studies, strict=True):
                    click.echo(json.dumps(job.to_json() | study))
            else:
                _write_table(found, studies, records.jobs.counts())


@jobs.command()
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--all", "every", is_flag=True, help="All that failed or are parked.")
@data_dir_option
def retry(ids: tuple[str, ...], every: bool, **chosen: Any) -> None:
    """Try failed gradings and parked deliveries again.

    With --all parked notifications, too.
    """
    if bool(ids) == every:
        raise click.UsageError("Name the jobs, or give --all.")
    from radiograde.service.grading.records import open_records

    with plain_errors(), closing(open_records(installation_of(chosen), create=False)) as records:
        wanted = list(ids) if ids else list(records.jobs.stopped())
        count = sum(records.jobs.retry(id) for id in wanted)
        count += records.notices.notices.retry() if every else 0
    click.echo(f"{count} set going again.")


def _write_table(
    jobs: Sequence[Job],
    studies: Sequence[Mapping[str, str | None]],
    counts: Mapping[JobState, int],
) -> None:
    """Write the jobs to stdout, newest first, below them how many there are in each state."""
    table = plain_table("Job", "Received", "From", "Study", "State", "Deliveries")
    for column in table.columns[:2]:  # to be copied
        column.no_wrap = True
    for job, study in zip(jobs, studies, strict=True):
        table.add_row(
            job.id,
            f"{job.received:%Y-%m-%d %H:%M:%S}",
            Text(job.source).append(f"\n{job.sender}" if job.sender else "", "dim"),
            _study(study),
            _state(job),
            Text("\n").join(_delivery(delivery) for delivery in job.deliveries),
        )
    console = stdout()
    console.print(table)
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items())
    console.print(f"{states}. `radiograde jobs retry ID` tries again.", style="dim")


def _study(study: Mapping[str, str | None]) -> Text:
    shown = (study["study"], study["accession"], study["study_instance_uid"])
    return Text("\n").join(Text(one) for one in shown if one)


def _state(job: Job) -> Text:
    text = Text(job.state.replace("_", " "), _STYLES[job.state])
    if job.reason:
        text.append(f"\n{job.reason}", "dim")
    if job.shares_uid_with:
        text.append(f"\nother content under the UID of {job.shares_uid_with}", "yellow")
    return text


def _delivery(delivery: Delivery) -> Text:
    text = Text(f"{delivery.destination}: ").append(delivery.state, _STYLES[delivery.state])
    if delivery.message and delivery.state != "delivered":
        text.append(f" after {delivery.attempts} attempts\n{delivery.message}", "dim")
    return text
