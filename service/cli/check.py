"""``radiograde check``."""

from __future__ import annotations

from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_option,
    model_option,
    plain_errors,
    settings_of,
    site_option,
)

FAULTY = 1
"""Exit code when something does not work."""


@click.command()
@click.argument("names", nargs=-1, metavar="[DESTINATION]...")
@data_dir_option
@site_option
@model_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def check(context: click.Context, /, names: tuple[str, ...], as_json: bool, **chosen: Any) -> None:
    """Try whether everything works, with advice where it does not.

    Destinations get a C-ECHO, a store request that stores nothing, a request for what they can do
    or a file that is removed again: nothing of a patient. Exit code 1: something does not work.

    \b
    Example:
      radiograde check
      radiograde check pacs
    """  # noqa: D301  click needs the character itself
    from radiograde.service.cli.self_test import self_test, write_findings

    with plain_errors():
        findings = self_test(settings_of(chosen), names)
        all_well = write_findings(findings, as_json=as_json)
    context.exit(0 if all_well else FAULTY)
