"""``--data-dir``: the place of films, results, users and keys, wherever in the line it stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_META = "radiograde.data_dir"


def _agreed(context: click.Context, _: click.Parameter, value: Path | None) -> Path | None:
    """Return the place that this command or one around it names."""
    named: Path | None = context.meta.get(_META)
    if value is not None and named is not None and value != named:
        raise click.UsageError(f"--data-dir is given twice: {named} and {value}.")
    if value is not None:
        context.meta[_META] = value
    return value or named


def data_dir(**more: Any) -> Callable[[Any], Any]:
    """Return the option, for a command or a group; ``more``: of :func:`click.option`."""
    return click.option(
        "--data-dir",
        type=click.Path(path_type=Path),
        callback=_agreed,
        help="Where films, results, users and keys are kept; RADIOGRADE_DATA_DIR.",
        **more,
    )


def check_used(context: click.Context, command: click.Command) -> None:
    """Raise click.UsageError where a place was named for a command that has no use for it."""
    has_use = isinstance(command, click.Group) or any(
        parameter.name == "data_dir" for parameter in command.params
    )
    if _META in context.meta and not has_use:
        raise click.UsageError(f"{command.name} works without a data directory.")
