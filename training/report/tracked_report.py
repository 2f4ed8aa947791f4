"""An evaluation as MLflow keeps it: main figures, all as JSON, and the page without films."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from radiograde.training.evaluation.evaluation_result import EvaluationResult
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.figures.scale_figures import MEAN, OURS
from radiograde.training.evaluation.film_figures import FilmFigures
from radiograde.training.evaluation.model_evaluation import ModelEvaluation
from radiograde.training.report.page import write_model_report, write_report
from radiograde.training.tracking import Tracker

FIGURES = "evaluation.json"
"""All figures of an evaluation, as it is recorded."""


def record_run(tracker: Tracker, result: EvaluationResult) -> None:
    """Record a run's evaluation."""
    metrics = result.metrics
    tracker.parameters({"films": metrics.films, "films_sha256": metrics.manifest})
    tracker.metrics({"zones/mae": metrics.zone_mae, "repeatability": metrics.repeatability})
    if metrics.by_source is not None:
        tracker.metrics(dict(main_figures(metrics.by_source)))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / FIGURES
        metrics.save(place)
        tracker.file(place)
        tracker.file(write_report(Path(folder), result, pictures=False))


def record_model(tracker: Tracker, evaluation: ModelEvaluation, graded: GradedFilms) -> None:
    """Record the evaluation of a model file."""
    tracker.parameters(
        {
            "films": evaluation.figures.films,
            "films_sha256": evaluation.manifest,
            "model_sha256": evaluation.model.sha256,
            "model_version": evaluation.model.version,
        }
    )
    tracker.metrics(dict(main_figures(evaluation.figures)))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / FIGURES
        place.write_text(json.dumps(evaluation.to_json()))
        tracker.file(place)
        tracker.file(write_model_report(Path(folder), evaluation, graded, pictures=False))


def main_figures(figures: FilmFigures) -> Iterator[tuple[str, float | None]]:
    """Yield error, bias, r and coverage of each scale and source, as ``source/scale/figure``."""
    for source in figures.sources:
        name = source.source or "all"
        for row in source.agreement:
            if (row.reference, row.grader) == (MEAN, OURS):
                for figure in ("mae", "bias", "r"):
                    yield f"{name}/{row.scale}/{figure}", getattr(row, figure).value
        for held in source.intervals:
            yield f"{name}/{held.scale}/coverage", held.coverage.value
