"""A network may begin with the weights of a finished run, or of an exported file."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
import torch

from radiograde.model.scoring.metadata import KEY
from radiograde.model.scoring.scorer import BUNDLED
from radiograde.training.config import NetworkConfig, TrainConfig
from radiograde.training.errors import ConfigError, UnfinishedRunError
from radiograde.training.fit.beginning import (
    RESULTS,
    begin_from,
    check_unseen,
    first_network,
    weights_of,
)
from radiograde.training.network.severity_network import SeverityNetwork


def shipped(**changed: NetworkConfig) -> TrainConfig:
    return TrainConfig(init=BUNDLED, **changed)


def test_the_shipped_file_carries_its_weights_by_name() -> None:
    weights = weights_of(BUNDLED)
    network = first_network(shipped())
    for name, own in network.encoder.state_dict().items():
        assert torch.equal(own, weights[f"encoder.{name}"])
    # Opacity is drawn anew, from deeper features; the outlines of lungs are there.
    outlines = network.state_dict()["map_head.3.weight"]
    torch.testing.assert_close(outlines, weights["map_head.3.weight"][: len(outlines)])


def test_a_finished_run_is_begun_from_whole(run: Path, tiny: TrainConfig) -> None:
    network = first_network(tiny.model_copy(update={"init": run}))
    trained = torch.load(run / "final" / "final.pt", weights_only=True)
    torch.testing.assert_close(dict(network.state_dict()), dict(trained))


def test_another_encoder_is_refused(tmp_path: Path) -> None:
    config = shipped(network=NetworkConfig(encoder="efficientnet_lite2"))
    with pytest.raises(ConfigError, match="another encoder than efficientnet_lite2"):
        first_network(config)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "film.onnx").write_bytes(b"no graph")
    with pytest.raises(ConfigError, match="no ONNX file"):
        weights_of(tmp_path / "film.onnx")
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        weights_of(tmp_path)
    TrainConfig().save(tmp_path / "config.yaml")
    with pytest.raises(UnfinishedRunError):
        weights_of(tmp_path)


def test_a_fine_tune_takes_the_maps_of_pretraining_and_learns_scores_anew(
    tmp_path: Path, tiny: TrainConfig
) -> None:
    torch.manual_seed(1)
    pretrained = SeverityNetwork(tiny.network, pretrained=False)
    with torch.no_grad():
        pretrained.heads.extent.offset.fill_(-9.0)
    torch.save(pretrained.state_dict(), tmp_path / "final.pt")
    network = SeverityNetwork(tiny.network, pretrained=False)
    begin_from(network, tmp_path / "final.pt")
    assert network.heads.extent.offset.item() == 0.0
    for name, value in pretrained.state_dict().items():
        if name.split(".")[0] not in RESULTS:
            assert torch.equal(network.state_dict()[name], value)


def exported(path: Path, **training: object) -> Path:
    """Write a file that says what it learned from, and holds nothing else."""
    model = onnx.helper.make_model(onnx.helper.make_graph([], "nothing", [], []))
    onnx.helper.set_model_props(model, {KEY: json.dumps({"training": training})})
    onnx.save(model, path)
    return path


def test_a_file_that_never_saw_a_source_may_begin_a_model_without_it(tmp_path: Path) -> None:
    file = exported(tmp_path / "model.onnx", sources=["near"])
    check_unseen(TrainConfig(init=file), ["far"])
    check_unseen(TrainConfig(), ["far"])


def test_what_may_have_seen_a_source_begins_no_model_without_it(tmp_path: Path) -> None:
    seen = exported(tmp_path / "seen.onnx", sources=["near", "far"])
    for begun in (seen, exported(tmp_path / "silent.onnx"), tmp_path):
        with pytest.raises(ConfigError, match="has seen films of far, or does not say"):
            check_unseen(TrainConfig(init=begun), ["far"])
