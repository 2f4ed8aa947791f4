"""A run small enough for a test: tiny pictures, few films, one epoch or two."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from data.phantom_dataset import write_dataset
from training.config import NetworkConfig, StageConfig, TrainConfig

FILMS = 40
UNGRADED = 8
SCORES = ("brixia", "geographic_extent", "opacity", "extent6")


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of synthetic films, most of them graded; folds are for training to deal."""
    folder = tmp_path_factory.mktemp("phantoms")
    manifest = write_dataset(folder, count=FILMS, seed=5)
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        del row["fold"]
    for row in rows[-UNGRADED:]:
        row |= {name: "" for name in row if name.startswith(SCORES)}
    with manifest.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="session")
def tiny() -> TrainConfig:
    """Return a configuration that trains in seconds."""
    return TrainConfig(
        network=NetworkConfig(input_size=128, look_size=64, width=16),
        pretrain=StageConfig(epochs=1, rate=1e-3),
        finetune=StageConfig(epochs=2, rate=1e-3, unlabelled=4),
        folds=2,
        batch_size=4,
        device="cpu",
        threads=1,
    )
