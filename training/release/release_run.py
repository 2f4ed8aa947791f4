"""From a finished, evaluated run to the file that is put in service, and its card."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radiograde.model.scoring.metadata import ModelMetadata
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset, open_dataset
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics
from radiograde.training.evaluation.model_evaluation import load_evaluations, save_evaluations
from radiograde.training.evaluation.served.reference_distribution import add_reference
from radiograde.training.fit.run_record import check_same_films
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.checkpoints import load_model
from radiograde.training.release.model_card import ExportedFile, model_card
from radiograde.training.release.model_metadata import GraphFacts, model_metadata
from radiograde.training.release.onnx_export import export_onnx
from radiograde.training.run_paths import FINAL, RunPaths

PARITY_FILMS = 24

CARD = "MODEL_CARD.md"
"""Beside the model file."""

EVALUATIONS = "evaluation.json"
"""What was measured of a model elsewhere; the file lies beside the model."""


def release_run(paths: RunPaths, out: Path, name: str, licence: str) -> dict[str, float]:
    """Write the ONNX file and MODEL_CARD.md; return the largest difference to PyTorch.

    What was measured of models without a source goes into the card and, as evaluation.json, beside
    the file. With films enough the file says how its scores and the films are distributed.

    Raises:
        ConfigError: the folder holds no run.
        ManifestError: the manifest has problems.
        UnfitDataError: the run was trained on another manifest.
        UnfinishedRunError: the run is not trained or not measured yet.
        ParityError: the graph does not agree with PyTorch.
    """
    config = TrainConfig.load(paths.config)
    metrics = EvaluationMetrics.load(paths)
    dataset = open_dataset(paths, config)
    check_same_films(paths, dataset)
    model = load_model(paths, config, FINAL, Calibration.load(paths.calibration))
    facts = GraphFacts(name, licence, config.network.input_size, model.zone_borders)
    metadata = model_metadata(metrics, facts)
    differences = export_onnx(model, metadata, prepared_films(dataset), out)
    add_reference(out, dataset.manifest)
    elsewhere = [one for path in paths.left_out_evaluations for one in load_evaluations(path)]
    if elsewhere:
        save_evaluations(out.with_name(EVALUATIONS), elsewhere)
    file = ExportedFile(ModelMetadata.parse(json.dumps(metadata)), differences, out.stat().st_size)
    out.with_name(CARD).write_text(model_card(file, metrics, elsewhere))
    return differences


def prepared_films(dataset: FilmDataset, count: int = PARITY_FILMS) -> NDArray[np.float32]:
    """Return ``count`` prepared films (count, S, S) float32, spread over the manifest."""
    index = np.linspace(0, len(dataset.manifest.films) - 1, count).astype(int)
    return np.asarray(dataset.cache.cells[index, 0], np.float32) / 255.0
