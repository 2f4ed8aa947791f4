"""``radiograde monitor``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.text import Text

from radiograde.service.cli.common import (
    SHOWN,
    data_dir_option,
    opened_records,
    site_option,
    user_of_computer,
)
from radiograde.service.cli.models import by_option, password_option, signed_in
from radiograde.service.cli.terminal import plain_table, stdout

if TYPE_CHECKING:
    from radiograde.service.config.settings import Settings
    from radiograde.service.monitoring.monitor_report import MonitorReport

ALARM = 3
"""Exit code while an alarm stands."""

_NO_COMPARISON = {
    "learning": "The first month of films is not over: nothing is compared with it yet.",
    "absent": "The model's file has no reference distribution: the first month serves.",
}


@click.group(invoke_without_command=True)
@data_dir_option
@click.pass_context
def monitor(context: click.Context, data_dir: Path | None) -> None:
    """Watch the model: whether films and scores are as they were, and readers agree.

    The worker looks once an hour, and notifies by mail or webhook. Without a command: look now.

    \b
    Example:
      radiograde monitor
      radiograde monitor clear 01K8...
      radiograde monitor stop --reason "Scores of the new machine look wrong"
    """
    if context.invoked_subcommand is None:
        context.invoke(show, data_dir=data_dir)


@monitor.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_option
@site_option
def show(as_json: bool = False, **chosen: Any) -> None:
    """Look at the films since the last look, and raise alarms by the site file.

    Exit codes: 0 no alarm stands, 3 one does.
    """
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.grading.site_models import production_file
    from radiograde.service.monitoring.model_monitor import Monitor

    with opened_records(chosen, quiet=as_json, log_level="error") as (settings, records):
        scorer = load_scorer(settings, threads=1, path=production_file(settings, records.database))
        watching = Monitor(records.database, settings.monitor, records.notices)
        watching.run(scorer)
        report = watching.report(scorer)
    if as_json:
        click.echo(json.dumps(report.to_json(), indent=2))
    else:
        _write(report)
    click.get_current_context().exit(ALARM if report.standing else 0)


@monitor.command()
@click.argument("alarm")
@click.option("--new-normal", is_flag=True, help="Later films are compared with those from now on.")
@by_option
@password_option
@data_dir_option
def clear(
    alarm: str, new_normal: bool, by: str | None, password_stdin: bool, **chosen: Any
) -> None:
    """Clear an ALARM; if it stopped the model, that is released and films go on.

    Later looks take in films from now on alone.
    """
    from radiograde.service.grading.model_stop import ModelStop

    with opened_records(chosen, log_level="error") as (settings, records):
        name = _who(settings, by, password_stdin)
        made = ModelStop(records).clear(alarm, name, new_normal=new_normal)
    click.echo(f"{made.feature}: cleared by {name}.")


@monitor.command()
@click.option("--reason", required=True, help="Why; it is notified.")
@by_option
@password_option
@data_dir_option
def stop(reason: str, by: str | None, password_stdin: bool, **chosen: Any) -> None:
    """Set the model aside: films are kept, and not graded until the alarm is cleared."""
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.grading.model_stop import ModelStop
    from radiograde.service.grading.site_models import production_file

    with opened_records(chosen, log_level="error") as (settings, records):
        name = _who(settings, by, password_stdin)
        path = production_file(settings, records.database)
        model = load_scorer(settings, threads=1, path=path).facts.sha256
        alarm = ModelStop(records).stop(model, name, reason)
    if alarm is None:
        raise click.ClickException("The model was stopped by hand before.")
    click.echo(f"{model[:SHOWN]} is stopped. Release it: radiograde monitor clear {alarm.id}")


def _who(settings: Settings, by: str | None, from_stdin: bool) -> str:
    from radiograde.service.auth.access import open_access

    with open_access(settings, create=False) as access:
        return signed_in(access, by, from_stdin) if access.users.all() else by or user_of_computer()


def _write(report: MonitorReport) -> None:
    facts = report.model
    stopped = ", stopped" if report.stopped else ""
    click.echo(
        f"{facts.sha256[:SHOWN]} {facts.name} {facts.version}, {report.films} films{stopped}"
    )
    table = plain_table("Feature", "Against", "Films", "Stability index", "p", "")
    for drift in report.drifts:
        mark = Text("ALARM", "bold red") if drift.is_alarm else Text("")
        row = (drift.feature, drift.against, str(drift.films), f"{drift.psi:.2f}", f"{drift.p:.2g}")
        table.add_row(*row, mark)
    if report.drifts:
        stdout().print(table)
    for state in (report.site, report.reference):
        if state in _NO_COMPARISON:
            click.echo(_NO_COMPARISON[state])
    for alarm in report.standing:
        click.echo(f"{alarm.id} since {alarm.raised:%Y-%m-%d %H:%M}: {alarm.reason}")
