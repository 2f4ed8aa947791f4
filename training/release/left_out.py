"""A source is left out of training, and what the model reaches there: what to expect elsewhere.

The model without the source is exported like one that ships and grades the source's films as the
service would. Calibration and intervals come from the run's out-of-fold grades of the other
sources, where the run has them. Such a model has no input check of its own, and turns away by tags
and pixels alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, astuple, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from radiograde.model.scoring.scorer import Scorer
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset, open_dataset
from radiograde.training.errors import UnfitDataError
from radiograde.training.evaluation.calibrate import calibrated, fit_calibration
from radiograde.training.evaluation.evaluate import surely_normal
from radiograde.training.evaluation.evaluate_model import evaluate_model
from radiograde.training.evaluation.evaluation_result import IntervalRules
from radiograde.training.evaluation.figures.graded_films import GradedFilms
from radiograde.training.evaluation.intervals import LEVEL, graded_scales
from radiograde.training.evaluation.model_evaluation import ModelEvaluation, save_evaluations
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.evaluation.reference_standard import ReferenceStandard
from radiograde.training.fit.run_record import check_same_films
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.checkpoints import load_members
from radiograde.training.network.heads import InputCheckHead
from radiograde.training.network.localise_then_grade import LocaliseThenGrade
from radiograde.training.release.model_metadata import GraphFacts, LearnedFrom, metadata_of
from radiograde.training.release.onnx_export import export_onnx
from radiograde.training.release.release_run import prepared_films
from radiograde.training.run_paths import RunPaths, left_out_name

NOTHING_TURNED_AWAY = {"least_lung": 0.0, "frontal": 0.0}


def evaluate_left_out(
    paths: RunPaths, sources: tuple[str, ...], threads: int = 1, a_source: int = 0
) -> tuple[ModelEvaluation, GradedFilms]:
    """Return what the run's model without ``sources`` reaches there, written into its folder too.

    ``threads``, ``a_source``: as ``evaluate_model`` has them.

    Raises:
        ConfigError: the folder holds no run.
        ManifestError: the manifest has problems.
        UnfitDataError: the run was trained on another manifest, or there is no such source.
        UnfinishedRunError: the model without the source is not trained yet.
        ParityError: its graph does not agree with PyTorch.
    """
    config = TrainConfig.load(paths.config)
    dataset = open_dataset(paths, config)
    check_same_films(paths, dataset)
    films = tuple(film for film in dataset.manifest.films if film.source in sources)
    if missing := set(sources) - {film.source for film in films}:
        raise UnfitDataError(f"No film is of the source {min(missing)!r}.")
    file = _export(paths, config, dataset, sources)
    scorer = Scorer(file, threads=1)
    manifest = replace(dataset.manifest, films=films)
    evaluation, graded = evaluate_model(scorer, manifest, file.parent, threads, a_source)
    evaluation = replace(evaluation, left_out=", ".join(sources))
    save_evaluations(paths.left_out_evaluation(*sources), [evaluation])
    return evaluation, graded


def _export(
    paths: RunPaths, config: TrainConfig, dataset: FilmDataset, sources: tuple[str, ...]
) -> Path:
    """Write the model without the sources as a file, and return its path."""
    name = left_out_name(*sources)
    members = load_members(paths, config, name)
    calibration, intervals = _fitted_elsewhere(paths, dataset, sources)
    input_check = InputCheckHead(members[0].summary_size)
    model = LocaliseThenGrade(members, input_check, calibration).eval()
    shown = dataset.elsewhere(sources).tolist()
    elsewhere = [film for film, one in zip(dataset.manifest.films, shown, strict=True) if one]
    learned = LearnedFrom(
        dataset.manifest.digest, len(elsewhere), sorted({film.source for film in elsewhere})
    )
    facts = GraphFacts(name, "not to be passed on", config.network.input_size, model.zone_borders)
    metadata = metadata_of(facts, learned, intervals, NOTHING_TURNED_AWAY | {"repeatability": None})
    file = paths.folder(name) / "severity.onnx"
    export_onnx(model, metadata, prepared_films(dataset), file)
    return file


def _fitted_elsewhere(
    paths: RunPaths, dataset: FilmDataset, sources: tuple[str, ...]
) -> tuple[Calibration, Mapping[str, Any]]:
    """Return curves and interval rules from the out-of-fold grades of other sources.

    Where the run has no such grades, grades stay as they are and intervals hold the whole scale.
    """
    films = dataset.manifest.films
    rows = dataset.elsewhere(sources).numpy()
    if paths.raw_predictions.exists():
        raw = Predictions.load(paths.raw_predictions)
        rows &= ~np.isnan(raw.extent)
    else:
        raw = _nothing_graded(len(films))
    raw = raw.of_films(rows)
    standard = ReferenceStandard.of([film for film, one in zip(films, rows, strict=True) if one])
    normal = surely_normal(dataset)[rows]
    calibration = fit_calibration(raw, standard, np.ones(rows.sum(), bool), normal)
    scales = graded_scales(calibrated(raw, calibration), standard, dataset.folds.numpy()[rows])
    rules = {name: astuple(graded.rule()) for name, graded in scales.items()}
    return calibration, asdict(IntervalRules(LEVEL, **rules))


def _nothing_graded(films: int) -> Predictions:
    shapes: dict[str, tuple[int, ...]] = {
        "zones": (films, 6),
        "spread": (films, 9),
        "lungs_apart": (films, 3),
        "lung_scales": (films, 2, 2),
    }
    names = [one.name for one in fields(Predictions)]
    return Predictions(
        **{name: np.full(shapes.get(name, (films,)), np.nan, np.float32) for name in names}
    )
