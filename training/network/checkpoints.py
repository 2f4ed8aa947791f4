"""A stage's trained parts put together: its networks, its gate, the run's calibration."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from radiograde.training.config import TrainConfig
from radiograde.training.fit.loop import load_network
from radiograde.training.input_check.head_fit import ScopeHead
from radiograde.training.network.curves import Calibration
from radiograde.training.network.localise_then_grade import TwoLooks
from radiograde.training.run_paths import member_names

CALIBRATION = "calibration.json"
SCOPE = "scope.pt"


def member_folders(run: Path, config: TrainConfig, name: str) -> list[Path]:
    """Return the folders of the networks that make up a stage such as ``fold0`` or ``final``."""
    return [run / member for member in member_names(name, config.members)]


def assemble(
    run: Path, config: TrainConfig, name: str, calibration: Calibration | None = None
) -> TwoLooks:
    """Return a stage's whole way from film to grading, in evaluation mode.

    Raises:
        UnfinishedRunError: a network of the stage is not trained yet.
    """
    members = [
        load_network(config, folder / "final.pt") for folder in member_folders(run, config, name)
    ]
    scope = ScopeHead(members[0].summary_size)
    scope.load_state_dict(torch.load(run / name / SCOPE, map_location="cpu", weights_only=True))
    return TwoLooks(members, scope, calibration or Calibration()).eval()


def load_calibration(run: Path) -> Calibration:
    """Return what ``evaluate`` found for a run."""
    return Calibration.parse(json.loads((run / CALIBRATION).read_text()))
