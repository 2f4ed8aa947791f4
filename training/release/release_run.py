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
from radiograde.training.fit.run_record import check_same_films
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.checkpoints import load_model
from radiograde.training.release.model_card import model_card
from radiograde.training.release.model_metadata import model_metadata
from radiograde.training.release.onnx_export import export_onnx
from radiograde.training.run_paths import FINAL, RunPaths

PARITY_FILMS = 24


def release_run(paths: RunPaths, out: Path, name: str, licence: str) -> float:
    """Write the ONNX file and MODEL_CARD.md; return the largest difference to PyTorch.

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
    metadata = model_metadata(metrics, name, licence, config.network.input_size, model.zone_borders)
    difference = export_onnx(model, metadata, _prepared_films(dataset, PARITY_FILMS), out)
    megabytes = out.stat().st_size / 1e6
    card = model_card(ModelMetadata.parse(json.dumps(metadata)), metrics, difference, megabytes)
    out.with_name("MODEL_CARD.md").write_text(card)
    return difference


def _prepared_films(dataset: FilmDataset, count: int) -> NDArray[np.float32]:
    """Return ``count`` prepared films (count, S, S) float32, spread over the manifest."""
    index = np.linspace(0, len(dataset.manifest.films) - 1, count).astype(int)
    return np.asarray(dataset.cache.cells[index, 0], np.float32) / 255.0
