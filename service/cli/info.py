"""``radiograde info``."""

from __future__ import annotations

from typing import Any

import click

from radiograde.service.cli.common import model_option, plain_errors, settings_of


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@model_option
def info(as_json: bool, **chosen: Any) -> None:
    """Show versions, the model, where it can run, and what it can read.

    \b
    Example:
      radiograde info --json
    """  # noqa: D301  click needs the character itself
    from radiograde.service.cli.about import about, write_about

    with plain_errors():
        write_about(about(settings_of(chosen).model_path), as_json=as_json)
