"""Whoever begins with a model that saw the films is told so, in the evaluation and in the card."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import onnx
import pytest

from radiograde.model.scoring.metadata import KEY as METADATA
from radiograde.model.scoring.scorer import BUNDLED, Scorer
from radiograde.training.evaluation.begun_with import KEY, Beginning
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics
from radiograde.training.release.model_card import ExportedFile, model_card
from radiograde.training.release.model_metadata import GraphFacts, model_metadata
from radiograde.training.run_paths import RunPaths

MINE, OTHER = "a" * 64, "b" * 64


def saying(folder: Path, **training: Any) -> Path:
    """Return the bundled file, saying that it learned from this."""
    path = folder / "said.onnx"
    graph = onnx.load(BUNDLED)
    metadata = dict(Scorer(threads=1).metadata.raw) | {"training": training}
    onnx.helper.set_model_props(graph, {METADATA: json.dumps(metadata)})
    onnx.save(graph, path)
    return path


def test_a_run_that_begins_with_imagenet_begins_with_nothing() -> None:
    assert Beginning.of(None) is None


def test_a_file_that_learned_from_the_same_films_is_named(tmp_path: Path) -> None:
    file = saying(tmp_path, manifest_sha256=MINE, films=9, sources=["north"])
    found = Beginning.of(file)
    assert found is not None
    assert (found.manifests, found.sources, found.is_complete) == ([MINE], ["north"], True)
    assert "learned from these very films" in found.warning(MINE, ["north"])
    assert "films of north too" in found.warning(OTHER, ["east", "north"])
    assert found.warning(OTHER, ["east"]) == ""


def test_what_a_model_had_begun_with_counts_too(tmp_path: Path) -> None:
    first = Beginning("first 1", [MINE], ["north"], is_complete=True)
    training = {"manifest_sha256": OTHER, "sources": ["east"], KEY: asdict(first)}
    found = Beginning.of(saying(tmp_path, **training))
    assert found is not None
    assert (list(found.manifests), list(found.sources)) == ([OTHER, MINE], ["east", "north"])
    assert "these very films" in found.warning(MINE, [])


def test_the_bundled_file_does_not_say_all_and_that_is_said() -> None:
    found = Beginning.of(BUNDLED)
    assert found is not None
    assert found.name == f"{Scorer().facts.name} {Scorer().facts.version}"
    if not found.is_complete:
        assert "is not known" in found.warning(OTHER, ["anywhere"])


def test_a_file_that_is_gone_has_told_nothing(tmp_path: Path) -> None:
    found = Beginning.of(tmp_path / "mine.onnx")
    assert found == Beginning("mine", [], [], is_complete=False)


def test_a_finished_run_is_known_by_its_record(
    paths: RunPaths, measured: dict[str, Any], tmp_path: Path
) -> None:
    found = Beginning.of(paths.run)
    assert found is not None
    assert list(found.manifests) == [measured["manifest"]]
    assert list(found.sources) == list(measured["sources"])
    shutil.copytree(paths.run, tmp_path / "unmeasured", ignore=shutil.ignore_patterns("*.pt"))
    (tmp_path / "unmeasured" / "evaluation.json").unlink()
    unknown = Beginning.of(tmp_path / "unmeasured")
    assert unknown is not None
    assert not unknown.is_complete


@pytest.fixture
def flagged(paths: RunPaths, measured: dict[str, Any]) -> EvaluationMetrics:
    """Return the evaluation of a run that began with a model of the same films."""
    metrics = EvaluationMetrics.load(paths)
    assert metrics.warning == ""
    beginning = Beginning("mine 1.0", [metrics.manifest], list(metrics.sources), is_complete=True)
    return replace(metrics, began_with=beginning)


def test_evaluation_and_card_say_so(flagged: EvaluationMetrics, tmp_path: Path) -> None:
    flagged.save(tmp_path / "evaluation.json")
    run = RunPaths.of(tmp_path, tmp_path)
    again = EvaluationMetrics.load(run)
    assert again.began_with == flagged.began_with
    assert "no figure here is out of fold" in again.warning
    metadata = model_metadata(flagged, GraphFacts("x", "CC0", 64, (0.3, 0.7)))
    assert Beginning.parse(metadata["training"]) == flagged.began_with
    parsed = replace(Scorer().metadata, raw=metadata)
    card = model_card(ExportedFile(parsed, {"CPUExecutionProvider": 0.0}, 1), flagged)
    assert f"**{again.warning}**" in card
