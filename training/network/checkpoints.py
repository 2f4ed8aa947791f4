"""Weights on disk: written whole, read back as a network or as a run's whole model."""

from __future__ import annotations

from pathlib import Path

import torch

from radiograde.training.config import TrainConfig
from radiograde.training.errors import UnfinishedRunError
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.heads import InputCheckHead
from radiograde.training.network.localise_then_grade import LocaliseThenGrade
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.run_paths import RunPaths, member_names


def save_whole(state: object, path: Path) -> None:
    """Write a file whole or not at all, whenever the process is killed; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def check_trained(part: Path) -> None:
    """Raise UnfinishedRunError unless this part of a model is there."""
    if not part.exists():
        raise UnfinishedRunError(
            f"{part.parent} is not trained yet: give `radiograde train --out {part.parent.parent}` "
            "again, it goes on where it stopped."
        )


def load_network(config: TrainConfig, weights: Path) -> SeverityNetwork:
    """Return a trained network, in evaluation mode.

    Raises:
        UnfinishedRunError: it is not trained yet.
    """
    check_trained(weights)
    network = SeverityNetwork(config.network, pretrained=False)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    return network.eval()


def load_members(paths: RunPaths, config: TrainConfig, name: str) -> list[SeverityNetwork]:
    """Return the networks that are averaged into a model of a run, in evaluation mode.

    Raises:
        UnfinishedRunError: one of them is not trained yet.
    """
    names = member_names(name, config.members)
    return [load_network(config, paths.weights(member)) for member in names]


def load_model(
    paths: RunPaths, config: TrainConfig, name: str, calibration: Calibration | None = None
) -> LocaliseThenGrade:
    """Return a model of a run such as ``fold0`` or ``final``, in evaluation mode.

    ``calibration``: None leaves the grades as the networks give them.

    Raises:
        UnfinishedRunError: a network of the model, or its input check, is not trained yet.
    """
    members = load_members(paths, config, name)
    check_trained(paths.input_check(name))
    input_check = InputCheckHead(members[0].summary_size)
    state = torch.load(paths.input_check(name), map_location="cpu", weights_only=True)
    input_check.load_state_dict(state)
    return LocaliseThenGrade(members, input_check, calibration or Calibration()).eval()
