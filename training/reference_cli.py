"""The command ``reference``: writes into a model file what it says of films; it needs no torch."""

from __future__ import annotations

from pathlib import Path

import click

from radiograde.training.accept_cli import MODEL
from radiograde.training.adapt_cli import import_onnx
from radiograde.training.cli import PlainErrors


@click.command()
@MODEL
@click.option(
    "--data",
    required=True,
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder with manifest.csv or labels.csv, or the CSV itself: 200 and more ordinary films. "
    "Of more than 1,000 that many are graded.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Model file to write.",
)
def reference(model: Path, data: tuple[Path, ...], out: Path) -> None:
    """Write into a model file how its scores and the films are distributed.

    `radiograde export` does so by itself. `radiograde monitor` then holds a site's films against
    them from the first day on. Scores stay as they are; the file is another one, and is accepted
    and released as such.

    \b
    Example:
      radiograde reference --model mine.onnx --data films/ --out mine-reference.onnx
    """
    import_onnx()
    from radiograde.data import manifest
    from radiograde.model.scoring.scorer import Scorer
    from radiograde.training.evaluation.served.reference_distribution import (
        reference_distribution,
        write_reference,
    )

    with PlainErrors():
        found = reference_distribution(Scorer(model), manifest.load(*data))
        write_reference(model, found, out)
    click.echo(f"{out}: {found['films']} films.")
