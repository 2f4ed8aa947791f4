"""The commands ``train`` and ``export``; torch is imported when they run."""

from __future__ import annotations

from pathlib import Path

import click

from radiograde.model.errors import RadiogradeError

_DATA = click.option(
    "--data",
    required=True,
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder with manifest.csv or labels.csv, or the CSV itself. Give it again for more films, "
    "in the same order every time.",
)
CACHE = click.option(
    "--cache",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where decoded films are kept; default: beside the run, shared by runs.",
)
_RUN = click.option(
    "--run",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that `radiograde train` wrote.",
)


@click.command()
@_DATA
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the run; the same command again takes up where it stopped.",
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML with the choices that differ from the defaults.",
)
@click.option(
    "--out-of-scope",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of pictures that are no frontal chest films of adults, for the input check to "
    "learn; its folders are named after what they hold: child_chest, ct_slice, lateral, limb, "
    "others.",
)
@click.option(
    "--teacher",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Finished run on the same films: its models grade the films that no reader graded, for "
    "this run to learn from them too (self-training).",
)
@click.option(
    "--init",
    type=click.Path(exists=True, path_type=Path),
    metavar="RUN|FILE",
    help="Begin with the weights of a finished run or of an exported ONNX file.",
)
@click.option(
    "--leave-out",
    metavar="SOURCE[,SOURCE]",
    help="Train the model that never sees a source's films, nor other films of its patients, for "
    "figures of a hospital elsewhere; of several sources, such as two of the same hospital, none.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="MODEL",
    help="Train these models alone, such as final or fold0; the others wait for the next time.",
)
@CACHE
def train(
    data: tuple[Path, ...],
    out: Path,
    config_path: Path | None,
    out_of_scope: Path | None,
    teacher: Path | None,
    init: Path | None,
    leave_out: str | None,
    only: tuple[str, ...],
    cache: Path | None,
) -> None:
    """Train a model: pretraining, one fine-tune a fold, the model to ship, its input check.

    Losses are in TensorBoard format below the run, and in MLflow where MLFLOW_TRACKING_URI is set.
    On several GPUs, or CPUs, start it with torchrun.

    \b
    Example:
      radiograde train --data films/ --out runs/mine
      tensorboard --logdir runs/mine
      radiograde train --data films/ --out runs/tuned --init mine.onnx
      radiograde train --data films/ --out runs/student --teacher runs/mine
      radiograde train --data films/ --data more/ --out runs/mine --leave-out hospital
      torchrun --nproc-per-node 4 --no-python radiograde train --data films/ --out runs/mine
    """
    import_training()
    from radiograde.training.config import TrainConfig
    from radiograde.training.fit import pipeline
    from radiograde.training.fit.finetune import Wanted
    from radiograde.training.run_paths import RunPaths

    paths = RunPaths.of(data, out, cache)
    with PlainErrors():
        begun = TrainConfig.load(paths.config) if paths.config.exists() else None
        config = TrainConfig.load(config_path) if config_path else begun or TrainConfig()
        given = {"teacher": teacher, "out_of_scope": out_of_scope, "init": init}
        folders = {name: path.resolve() for name, path in given.items() if path is not None}
        config = config.model_copy(update=folders).as_begun(begun)
        pipeline.train(paths, config, Wanted(named_sources(leave_out), only))


@click.command()
@_DATA
@_RUN
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="ONNX file to write; the model card goes beside it. Default: model.onnx in the run.",
)
@click.option("--name", default="radiograde", show_default=True, help="Name of the model.")
@click.option(
    "--licence", default="not stated", show_default=True, help="Licence of the weights, to show."
)
@CACHE
def export(
    data: tuple[Path, ...],
    run: Path,
    out: Path | None,
    name: str,
    licence: str,
    cache: Path | None,
) -> None:
    """Write a run's shipped model as one ONNX file that carries its own constants.

    Needs `radiograde evaluate` first. The file is written only if it gives on real films what
    PyTorch gives: scores to half of the last digit that a result has.

    \b
    Example:
      radiograde export --data films/ --run runs/mine --out mine.onnx
      radiograde serve --model mine.onnx
    """
    import_training()
    from radiograde.training.release.model_card import parity_words
    from radiograde.training.release.release_run import CARD, release_run
    from radiograde.training.run_paths import RunPaths
    from radiograde.training.tracking import tracked

    out = out or run / "model.onnx"
    with PlainErrors(), tracked("train", run.name, {}, run) as tracker:
        differences = release_run(RunPaths.of(data, run, cache), out, name, licence)
        for path in (out, out.with_name(CARD)):
            tracker.file(path, "model")
    size = out.stat().st_size / 1e6
    click.echo(f"{out}: {size:.1f} MB, within {parity_words(differences)} of PyTorch")


def named_sources(text: str | None) -> tuple[str, ...]:
    """Return the sources in what ``--leave-out`` was given, in alphabetical order."""
    names = {name.strip() for name in (text or "").split(",")} - {""}
    if text is not None and not names:
        raise click.BadParameter("name a source.", param_hint="--leave-out")
    return tuple(sorted(names))


def import_training() -> None:
    """Raise a ClickException that says what to install where torch is missing."""
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError as error:
        raise click.ClickException(
            "Training needs torch: install it with `pip install 'radiograde[train]'`."
        ) from error


class PlainErrors:
    """Shows a known error as one message, without a stack trace."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RadiogradeError):
            raise click.ClickException(str(error)) from error
