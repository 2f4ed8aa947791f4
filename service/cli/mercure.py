"""``radiograde mercure``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from radiograde.service.cli.common import (
    data_dir_of_site_file,
    device_option,
    model_option,
    plain_errors,
    settings_of,
)


@click.command()
@click.option(
    "--in",
    "in_dir",
    envvar="MERCURE_IN_DIR",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with task.json and DICOM files; MERCURE_IN_DIR.",
)
@click.option(
    "--out",
    "out_dir",
    envvar="MERCURE_OUT_DIR",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the results; MERCURE_OUT_DIR.",
)
@data_dir_of_site_file
@model_option
@device_option
@click.pass_context
def mercure(context: click.Context, /, in_dir: Path, out_dir: Path, **chosen: Any) -> None:
    """Run once as a processing module of Mercure.

    Films come from one folder, and results go to another; Mercure names both.

    \b
    Example:
      MERCURE_IN_DIR=in MERCURE_OUT_DIR=out radiograde mercure
    """
    from radiograde.service.grading.load_scorer import load_scorer
    from radiograde.service.logs import configure_logging
    from radiograde.service.mercure.module import run_module

    with plain_errors():
        settings = settings_of(chosen)
        configure_logging(settings.log_level)
        code = run_module(in_dir, out_dir, load_scorer(settings), settings.limits)
    context.exit(code)
