"""The command ``evaluate``: a run out of fold, or a model file on films that it never saw."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from radiograde.model.scoring.scorer import BUNDLED
from radiograde.training.cli import CACHE, PlainErrors, import_training, named_sources

if TYPE_CHECKING:
    from radiograde.training.evaluation.figures.graded_films import GradedFilms
    from radiograde.training.evaluation.model_evaluation import ModelEvaluation

GRADINGS = Path("evaluation")


@click.command()
@click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder with manifest.csv or labels.csv, or the CSV itself. Give it again for more films.",
)
@click.option(
    "--run",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder that `radiograde train` wrote: each film is graded by the model that never saw "
    "its patient's severity.",
)
@click.option(
    "--leave-out",
    metavar="SOURCE[,SOURCE]",
    help="Measure the run's model that never saw a source (`radiograde train --leave-out SOURCE`) "
    "on that source's films.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Exported model: each film is graded by this file, as the service would.",
)
@click.option(
    "--recorded",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Show what --record wrote before instead of measuring; several are joined.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the evaluation of a model file as JSON, to be shown again.",
)
@click.option(
    "--readme",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write the headline figures between the marks in this file.",
)
@click.option(
    "--card",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write every figure of a model file between the marks in this model card.",
)
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for report.html, one page with every figure, plots and the worst films. It holds "
    "images of patients: keep it where the films may be kept, and do not publish it.",
)
@click.option(
    "--a-source",
    type=click.IntRange(min=0),
    default=40,
    show_default=True,
    help="Films of each source that --model grades again, as other vendors would process them and "
    "in other films' surroundings; 0 leaves that out.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default="all cores",
    help="Films that --model grades at a time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the evaluation as JSON.")
@CACHE
def evaluate(
    data: tuple[Path, ...],
    run: Path | None,
    leave_out: str | None,
    model: Path | None,
    recorded: tuple[Path, ...],
    record: Path | None,
    readme: Path | None,
    card: Path | None,
    report: Path | None,
    a_source: int,
    threads: int,
    as_json: bool,
    cache: Path | None,
) -> None:
    """Measure a run out of fold, or a model file on any labelled films.

    A run: each film by the model that never saw its patient's severity; evaluation.json and
    predictions.npz are written into the run. A model file: each film as the service would grade
    it; gradings are kept beside the report (or in --cache, or in ./evaluation), so that the same
    command takes up where it stopped. Every figure is given by source, with an interval over
    patients.

    \b
    Example:
      radiograde evaluate --data films/ --run runs/mine --report report/
      radiograde evaluate --data films/ --run runs/mine --leave-out hospital
      radiograde evaluate --data films/ --data more/ --model mine.onnx --report report/
    """
    if (run is not None) is (model is not None or bool(recorded)):
        raise click.UsageError("Give either --run or --model.")
    if leave_out is not None and run is None:
        raise click.UsageError("--leave-out belongs to --run.")
    if not (data or recorded):
        raise click.UsageError("Missing option '--data'.")
    import_training()
    from radiograde.training.release.left_out import evaluate_left_out
    from radiograde.training.report.page import write_model_report
    from radiograde.training.run_paths import RunPaths

    if run is not None and leave_out is None:
        _measure_run(data, run, readme, report, as_json, cache)
        return
    with PlainErrors():
        _check_marks(readme, card)
        if recorded:
            found = _read(recorded)
        else:
            if run is not None and leave_out is not None:
                paths = RunPaths.of(data, run, cache)
                result = evaluate_left_out(paths, named_sources(leave_out), threads, a_source)
            else:
                folder = cache or report or GRADINGS
                result = _measure_model(data, model or BUNDLED, folder, a_source, threads)
            found = [result[0]]
            if report is not None:
                click.echo(f"{write_model_report(report, *result)}", err=as_json)
        _publish(found, model or BUNDLED, record, readme, card)
    _show(found, as_json)


def _measure_run(
    data: tuple[Path, ...],
    run: Path,
    readme: Path | None,
    report: Path | None,
    as_json: bool,
    cache: Path | None,
) -> None:
    from radiograde.training.evaluation import evaluate as evaluation
    from radiograde.training.evaluation.readme import check_readme, fill_readme
    from radiograde.training.evaluation.tables import show
    from radiograde.training.report.page import write_report
    from radiograde.training.report.tracked_report import record_run
    from radiograde.training.run_paths import RunPaths
    from radiograde.training.tracking import is_tracked, tracked

    with PlainErrors():
        if readme is not None:
            check_readme(readme)
        with tracked("evaluate", run.name, {"run": run}) as tracker:
            result = evaluation.evaluate(RunPaths.of(data, run, cache))
            if is_tracked():
                record_run(tracker, result)
    if readme is not None:
        fill_readme(readme, result.metrics, result.level)
    if as_json:
        click.echo(json.dumps(result.metrics.to_json()))
    else:
        show(result.metrics)
    if report is not None:
        click.echo(f"{write_report(report, result)}", err=as_json)


def _measure_model(
    data: tuple[Path, ...], model: Path, folder: Path, a_source: int, threads: int
) -> tuple[ModelEvaluation, GradedFilms]:
    from radiograde.data import manifest
    from radiograde.model.scoring.scorer import Scorer
    from radiograde.training.evaluation.evaluate_model import evaluate_model
    from radiograde.training.report.tracked_report import record_model
    from radiograde.training.tracking import is_tracked, tracked

    with tracked("evaluate", model.name, {"model": model}) as tracker:
        films = manifest.load(*data)
        scorer = Scorer(model, threads=1)
        result = evaluate_model(scorer, films, folder, threads, a_source, model)
        if is_tracked():
            record_model(tracker, *result)
    return result


def _check_marks(readme: Path | None, card: Path | None) -> None:
    """Raise ConfigError for a file without marks before hours are spent on its figures."""
    from radiograde.training.evaluation.elsewhere import check_card
    from radiograde.training.evaluation.readme import check_readme

    if readme is not None:
        check_readme(readme)
    if card is not None:
        check_card(card)


def _read(recorded: Sequence[Path]) -> list[ModelEvaluation]:
    from radiograde.training.evaluation.model_evaluation import load_evaluations

    return [evaluation for path in recorded for evaluation in load_evaluations(path)]


def _publish(
    found: Sequence[ModelEvaluation],
    model: Path,
    record: Path | None,
    readme: Path | None,
    card: Path | None,
) -> None:
    """Write the evaluations where they are wanted; the README also tells what the file says."""
    from radiograde.model.scoring.scorer import Scorer
    from radiograde.training.evaluation.elsewhere import fill_card
    from radiograde.training.evaluation.evaluation_result import ReleasedMetrics
    from radiograde.training.evaluation.model_evaluation import save_evaluations
    from radiograde.training.evaluation.readme import fill_readme

    if record is not None:
        save_evaluations(record, found)
    if card is not None:
        fill_card(card, found)
    if readme is not None:
        metadata = Scorer(model).metadata
        metrics = ReleasedMetrics.of_model(metadata)
        fill_readme(readme, metrics, metadata.intervals.level, found)


def _show(found: Sequence[ModelEvaluation], as_json: bool) -> None:
    from radiograde.training.evaluation.tables import show_figures

    if as_json:
        click.echo(json.dumps([evaluation.to_json() for evaluation in found]))
        return
    for evaluation in found:
        show_figures(evaluation.figures)
