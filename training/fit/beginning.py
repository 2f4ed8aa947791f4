"""What a network begins with: ImageNet's weights, those of a run, or those of an exported file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from radiograde.model.scoring.metadata import KEY
from radiograde.training.config import TrainConfig
from radiograde.training.errors import ConfigError
from radiograde.training.network.checkpoints import check_trained
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.run_paths import FINAL, RunPaths

RESULTS = ("pool", "heads", "region_features", "deviation")
"""Parts of a network that turn maps into scores."""

MEMBER = "members.0."
"""How an exported file calls the weights of its first network."""


def first_network(config: TrainConfig) -> SeverityNetwork:
    """Return a network that has learned nothing of the run's films yet.

    Raises:
        ConfigError: ``config.init`` is no run and no exported file, or holds another encoder.
        UnfinishedRunError: that run is not trained yet.
    """
    network = SeverityNetwork(config.network, pretrained=config.init is None)
    if config.init is not None:
        _fill(network, weights_of(config.init), config.init)
    return network


def check_unseen(config: TrainConfig, left_out: Sequence[str]) -> None:
    """Raise unless a run begins with nothing that has seen the films of some sources.

    Raises:
        ConfigError: it begins with a run, or with a file that learned from one of the sources or
            does not say from which.
    """
    if not left_out or config.init is None:
        return
    learned = None if config.init.is_dir() else _learned_sources(config.init)
    if learned is None or not learned.isdisjoint(left_out):
        raise ConfigError(
            f"{config.init} has seen films of {', '.join(left_out)}, or does not say that it has "
            "not. Leave sources out of a run that begins with ImageNet's weights."
        )


def _learned_sources(file: Path) -> set[str] | None:
    """Return the sources that an exported file says it learned from; None where it says none."""
    props = {one.key: one.value for one in _read_onnx(file).metadata_props}
    facts: Mapping[str, Any] = json.loads(props.get(KEY, "{}"))
    sources = facts.get("training", {}).get("sources")
    return set(sources) if sources else None


def begin_from(network: SeverityNetwork, weights: Path) -> None:
    """Give a network the encoder and the maps of another; scores are learned anew.

    Pretraining saw no score but zeros: what it made of them would have to be unlearned.
    """
    state = torch.load(weights, map_location="cpu", weights_only=True)
    kept = {name: value for name, value in state.items() if name.split(".")[0] not in RESULTS}
    network.load_state_dict(network.state_dict() | kept)


def weights_of(source: Path) -> Mapping[str, Tensor]:
    """Return the weights by name of a finished run's model, or of an exported ONNX file.

    Raises:
        ConfigError: it is neither.
        UnfinishedRunError: the run is not trained yet.
    """
    if source.is_dir():
        paths = RunPaths.of(source, source)
        TrainConfig.load(paths.config)
        check_trained(paths.weights(FINAL))
        state: Mapping[str, Tensor] = torch.load(
            paths.weights(FINAL), map_location="cpu", weights_only=True
        )
        return state
    return {
        one.name.removeprefix(MEMBER): torch.from_numpy(numpy_helper.to_array(one).copy())
        for one in _read_onnx(source).graph.initializer
        if one.name.startswith(MEMBER)
    }


def _read_onnx(file: Path) -> onnx.ModelProto:
    """Return what is in the file. Raises ConfigError."""
    try:
        return onnx.load(file)
    except Exception as error:  # protobuf raises errors of its own
        raise ConfigError(f"{file} is no ONNX file.") from error


def _fill(network: SeverityNetwork, weights: Mapping[str, Tensor], source: Path) -> None:
    """Give the network what fits by name and shape; of a layer that grew, its first outputs."""
    state = network.state_dict()
    for name, own in state.items():
        given = weights.get(name)
        if given is not None and given.shape == own.shape:
            own.copy_(given)
        elif given is not None and own.dim() and given.shape[1:] == own.shape[1:]:
            rows = min(len(given), len(own))
            own[:rows] = given[:rows]
        elif name.startswith("encoder."):
            raise ConfigError(f"{source} holds another encoder than {network.config.encoder}.")
    network.load_state_dict(state)
