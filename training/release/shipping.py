"""From a finished, evaluated run to the file that is put in service, and its card."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import Study, check_same_films, open_study
from radiograde.training.errors import UnfinishedRunError
from radiograde.training.evaluation.evaluate import EVALUATION
from radiograde.training.network.checkpoints import assemble, load_calibration
from radiograde.training.release import model_card as card
from radiograde.training.release.model_metadata import metadata
from radiograde.training.release.onnx_export import export
from radiograde.training.run_paths import FINAL

PARITY_FILMS = 24


def ship(data: Path, run: Path, out: Path, name: str, licence: str, cache_folder: Path) -> float:
    """Write the ONNX file and MODEL_CARD.md; return the largest difference to PyTorch.

    Raises:
        UnfinishedRunError: the run is not trained or not measured yet.
        ParityError: the graph does not agree with PyTorch.
    """
    config = TrainConfig.of_run(run)
    measured = run / EVALUATION
    if not measured.exists():
        raise UnfinishedRunError(f"{run} is not measured yet: run `radiograde evaluate` first.")
    evaluation = json.loads(measured.read_text())
    study = open_study(data, config, cache_folder)
    check_same_films(run, study)
    looks = assemble(run, config, FINAL, load_calibration(run))
    facts = metadata(config, evaluation, name, licence, looks.zone_borders)
    difference = export(looks, facts, _prepared_films(study, PARITY_FILMS), out)
    megabytes = out.stat().st_size / 1e6
    text = card.model_card(facts, evaluation, difference, megabytes)
    out.with_name("MODEL_CARD.md").write_text(text)
    return difference


def _prepared_films(study: Study, count: int) -> NDArray[np.float32]:
    """Return ``count`` prepared films (count, S, S) float32, spread over the manifest."""
    index = np.linspace(0, len(study.manifest.films) - 1, count).astype(int)
    return np.asarray(study.cache.cells[index, 0], np.float32) / 255.0
