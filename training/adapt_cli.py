"""The command ``adapt``: a model file brought onto a site's readers; it needs no torch."""

from __future__ import annotations

from pathlib import Path

import click

from radiograde.training.accept_cli import MODEL
from radiograde.training.cli import PlainErrors, import_training


@click.command()
@MODEL
@click.option(
    "--data",
    required=True,
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder with manifest.csv or labels.csv, or the CSV itself: 50 and more local films with "
    "readers' scores. Give it again for more films.",
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Model file to write; its card goes beside it, with the ending .md.",
)
@click.option(
    "--init",
    type=click.Path(exists=True, path_type=Path),
    metavar="RUN|FILE",
    help="Fine-tune instead, beginning with the weights of a finished run or of an exported file. "
    "It needs torch; the run goes beside --out, with the ending .run.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML with the choices of --init that differ from the defaults of training.",
)
def adapt(
    model: Path, data: tuple[Path, ...], out: Path, init: Path | None, config_path: Path | None
) -> None:
    """Bring a model file onto a site's readers: a rising curve a scale, and widths of intervals.

    Without --init nothing is trained. A scale is adapted where its error is smaller out of fold
    with nine tenths of certainty, or where its intervals hold certainly more or fewer films than
    they promise. Where the films carry no scale, nothing is written and the command says why. Test
    the new file on other films: `radiograde accept`.

    \b
    Example:
      radiograde adapt --model mine.onnx --data local/ --out mine-local.onnx
      radiograde accept --model mine-local.onnx --data other/
      radiograde adapt --init mine.onnx --data local/ --out mine-tuned.onnx
    """
    if init is not None:
        _fine_tune(data, out, init.resolve(), config_path)
        return
    if config_path is not None:
        raise click.UsageError("--config belongs to --init.")
    import_onnx()
    from radiograde.data import manifest
    from radiograde.model.scoring.scorer import Scorer
    from radiograde.training.adaptation.adaptation_card import adaptation_table
    from radiograde.training.adaptation.adaptation_run import Adaptation
    from radiograde.training.evaluation.worded_figures import print_tables
    from radiograde.training.tracking import tracked

    with PlainErrors(), tracked("adapt", out.name, {"model": model}) as tracker:
        adaptation = Adaptation.of(Scorer(model), manifest.load(*data))
        adaptation.write(model, out)
        adaptation.record(tracker, out)
    print_tables([adaptation_table(adaptation.scales)])
    for name, scale in adaptation.scales.items():
        if scale.reason:
            click.echo(f"{name} is as before: {scale.reason}.")
    click.echo(f"{out}, card {out.with_suffix('.md')}")


def _fine_tune(data: tuple[Path, ...], out: Path, init: Path, config_path: Path | None) -> None:
    import_training()
    from radiograde.training.config import TrainConfig
    from radiograde.training.release.fine_tuning import HEADER, fine_tune
    from radiograde.training.run_paths import RunPaths

    paths = RunPaths.of(data, out.with_suffix(".run"))
    with PlainErrors():
        begun = TrainConfig.load(paths.config) if paths.config.exists() else None
        config = TrainConfig.load(config_path) if config_path else begun or TrainConfig()
        config = config.model_copy(update={"init": init}).as_begun(begun)
        changes = fine_tune(paths, config, out, out.stem, "not stated")
    rows = [HEADER, *(one.words for one in changes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
    click.echo(f"{out}, its card and its run {paths.run}")


def import_onnx() -> None:
    """Raise a ClickException that says what to install where onnx is missing."""
    try:
        import onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise click.ClickException(
            "Adapting needs onnx: install it with `pip install 'radiograde[adapt]'`."
        ) from error
