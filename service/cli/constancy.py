"""``radiograde constancy``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from radiograde.service.cli.common import data_dir_option, opened_records, site_option

if TYPE_CHECKING:
    from radiograde.service.constancy.constancy_repository import ConstancyRun

FOUND = 3
"""Exit code where something is not as it was."""


@click.command()
@click.option("--last", is_flag=True, help="Show the last run instead of doing one.")
@click.option(
    "--accept", is_flag=True, help="Compare with the last run from now on, after a wanted change."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_dir_option
@site_option
def constancy(last: bool, accept: bool, as_json: bool, **chosen: Any) -> None:
    """Send drawn films in by every interface, and compare with the day of installation.

    Interfaces and the test's destination stand in the site file. The films are on no worklist,
    go to no other destination, and are removed at the end. A worker does the same every night.

    Exit code 0: all as it was. 3: something is not.

    \b
    Example:
      radiograde constancy
      radiograde constancy --last
      radiograde constancy --accept
    """
    from radiograde.service.constancy.open_constancy import open_constancy

    with opened_records(chosen, quiet=as_json) as (settings, records):
        nightly = open_constancy(settings, records)
        if not (last or accept or nightly.senders):
            raise click.UsageError("The site file names no interface: [constancy] `sources`.")
        run = nightly.runs.last() if last or accept else nightly.run()
        if run is not None and accept:
            nightly.runs.accept(run)
    if run is None:
        raise click.ClickException("No run has ended yet.")
    _write(run, as_json=as_json)
    click.get_current_context().exit(FOUND if run.findings and not accept else 0)


def _write(run: ConstancyRun, *, as_json: bool) -> None:
    findings = list(run.findings or ())
    if as_json:
        click.echo(json.dumps({"id": run.id, "began": run.began.isoformat(), "findings": findings}))
        return
    for one in findings:
        click.echo(f"{one['kind']}: {one['where']}: {one['what']}")
    click.echo(f"{run.began:%Y-%m-%d %H:%M} UTC: {len(findings)} findings.")
