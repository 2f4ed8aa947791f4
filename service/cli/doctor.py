"""``radiograde doctor``: what does not fit together in what is kept, and mending it."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    installation_of,
    plain_errors,
    site_option,
)

UNHEALTHY = 1
"""Exit code where something is left to be mended."""


@click.command()
@data_dir_option
@site_option
@click.option("--repair", is_flag=True, help="Mend what is found, without losing a film.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def doctor(context: click.Context, /, *, repair: bool, as_json: bool, **chosen: Any) -> None:
    """Say what does not fit together: records, folders, waiting work, documents, owners.

    Exit code 1: something is left to be mended.

    \b
    Example:
      radiograde doctor
      radiograde doctor --repair
    """
    from radiograde.service.grading.examination import examine
    from radiograde.service.grading.records import open_records

    with plain_errors():
        settings = installation_of(chosen, quiet=as_json)
        with closing(open_records(settings, create=False)) as records:
            found = examine(records, settings, repair=repair)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
    else:
        for one in found:
            click.echo(f"{one.count} {one.what}. {one.mended if repair else one.advice}")
        if not found:
            click.echo("Everything fits together.")
    context.exit(UNHEALTHY if found and not repair else 0)
