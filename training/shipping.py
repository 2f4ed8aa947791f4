"""From a finished, evaluated run to the file that is put in service, and its card."""

from __future__ import annotations

import json
from pathlib import Path

from training import card
from training.config import TrainConfig
from training.errors import UnfinishedRunError
from training.evaluate import EVALUATION, prepared_films
from training.export import export
from training.loop import load_network
from training.pipeline import FINAL, check_same_films, open_study
from training.two_looks import TwoLooks

PARITY_FILMS = 24


def ship(data: Path, run: Path, out: Path, name: str, licence: str, cache_folder: Path) -> float:
    """Write the ONNX file and MODEL_CARD.md; return the largest difference to PyTorch.

    Raises:
        UnfinishedRunError: the run is not trained or not measured yet.
        ParityError: the graph does not agree with PyTorch.
    """
    config = TrainConfig.load(run / "config.yaml")
    measured = run / EVALUATION
    if not measured.exists():
        raise UnfinishedRunError(f"{run} is not measured yet: run `radiograde evaluate` first.")
    evaluation = json.loads(measured.read_text())
    study = open_study(data, config, cache_folder)
    check_same_films(run, study)
    network = load_network(config, run / FINAL / "final.pt")
    facts = card.metadata(config, evaluation, name, licence, network.pool.borders.tolist())
    difference = export(TwoLooks(network), facts, prepared_films(study, PARITY_FILMS), out)
    megabytes = out.stat().st_size / 1e6
    text = card.model_card(facts, evaluation, difference, megabytes)
    out.with_name("MODEL_CARD.md").write_text(text)
    return difference
