"""The command ``runs``: what runs came to; it needs no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from radiograde.training.cli import PlainErrors

if TYPE_CHECKING:
    from radiograde.training.run_list import ListedRun


@click.command()
@click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--json", "as_json", is_flag=True, help="Print the runs as JSON.")
def runs(folder: Path | None, as_json: bool) -> None:
    """List runs with their figures: those in FOLDER, or those in MLflow.

    FOLDER is a run or a folder of runs; `runs` by default. Where MLFLOW_TRACKING_URI is set and no
    FOLDER is named, the runs of the experiment (MLFLOW_EXPERIMENT_NAME, `radiograde` by default).

    \b
    Example:
      radiograde runs runs/
      MLFLOW_TRACKING_URI=http://mlflow:5000 radiograde runs
    """
    from radiograde.training.run_list import runs_below, runs_in_mlflow
    from radiograde.training.tracking import is_tracked

    with PlainErrors():
        from_mlflow = folder is None and is_tracked()
        found = runs_in_mlflow() if from_mlflow else runs_below(folder or Path("runs"))
    if as_json:
        click.echo(json.dumps([run.to_json() for run in found]))
    elif found:
        _print(found)
    else:
        click.echo("No run here. `radiograde train` makes one.")


def _print(found: list[ListedRun]) -> None:
    for run in found:
        click.echo(f"{run.name}  {run.state}, begun {run.began}")
        for name, value in run.figures.items():
            click.echo(f"    {name}: {value:g}")
