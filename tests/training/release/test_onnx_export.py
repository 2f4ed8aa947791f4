import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch

from radiograde.model.scoring.intervals import Width
from radiograde.model.scoring.scorer import BUNDLED, PROVIDERS, Scorer
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import open_dataset
from radiograde.training.errors import ParityError
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.checkpoints import load_model
from radiograde.training.release import onnx_export, parity
from radiograde.training.release.model_metadata import GraphFacts, model_metadata
from radiograde.training.run_paths import RunPaths
from tests.training.conftest import invoke

ROOT = Path(__file__).resolve().parents[3]


def is_usable(file: Path, provider: str) -> bool:
    """Return whether a session on the provider runs on it, and not on the CPU in its place."""
    if provider not in ort.get_available_providers():
        return False
    return Scorer(file, providers=[provider]).provider == provider


def test_a_run_is_put_in_service(measured: dict[str, Any], exported: Path) -> None:
    assert str(ROOT).encode() not in exported.read_bytes()
    scorer = Scorer(exported)
    assert scorer.metadata.intervals.brixia == Width(*measured["intervals"]["brixia"])
    assert scorer.metadata.thresholds.frontal == measured["gate"]["threshold"]
    assert scorer.metadata.thresholds.least_lung == measured["least_lung"]
    assert scorer.metadata.preprocessing.size == 128
    assert "## Not for" in exported.with_name("MODEL_CARD.md").read_text()


def test_what_is_put_in_service_is_the_calibrated_final_model(
    paths: RunPaths, tiny: TrainConfig, exported: Path
) -> None:
    dataset = open_dataset(paths, tiny)
    square = dataset.cache.cells[3, 0].astype(np.float32) / 255
    model = load_model(paths, tiny, "final", Calibration.load(paths.calibration))
    with torch.no_grad():
        expected = model(torch.from_numpy(square[None, None]))
    grading = Scorer(exported, threads=1)._run(square)
    np.testing.assert_allclose(grading.zones, expected.zones[0], atol=1e-4)
    np.testing.assert_allclose(grading.scales, expected.scales[0], atol=1e-4)
    np.testing.assert_allclose(grading.spread, expected.spread[0], atol=1e-4)
    np.testing.assert_allclose(grading.scope, expected.scope[0], atol=1e-4)


def test_a_graph_that_differs_is_not_written(
    paths: RunPaths,
    tiny: TrainConfig,
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The graph of the run stands in for one that the exporter got wrong: another fold's."""
    monkeypatch.setattr(
        onnx_export, "_write", lambda _, draft, __: shutil.copy(exported, draft) and None
    )
    metrics = EvaluationMetrics.load(paths)
    metadata = model_metadata(metrics, GraphFacts("x", "CC0", tiny.network.input_size, (0.3, 0.7)))
    films = torch.rand(1, 128, 128).numpy()
    final = load_model(paths, tiny, "final", Calibration.load(paths.calibration))
    differences = onnx_export.export_onnx(final, metadata, films, tmp_path / "same.onnx")
    assert set(differences) == {name for name in PROVIDERS if is_usable(exported, name)}
    assert max(differences.values()) < 1e-3
    other = load_model(paths, tiny, "fold0")
    with pytest.raises(ParityError, match="differ"):
        onnx_export.export_onnx(other, metadata, films, tmp_path / "other.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["same.onnx"]


class OnAnotherDevice(Scorer):
    """The file on a device that gets the zones wrong; there is none, so the CPU stands in."""

    def __init__(self, path: Path, *, providers: Sequence[str], batches: bool = False) -> None:
        super().__init__(path, providers=["CPUExecutionProvider"], batches=batches)
        self.name, cpu = providers[0], self.session

        def run(names: list[str], feed: dict[str, Any]) -> list[Any]:
            zones, *others = cpu.run(names, feed)
            return [zones + (0.03 if self.name != "CPUExecutionProvider" else 0.0), *others]

        self.session = SimpleNamespace(run=run)

    @property
    def provider(self) -> str:
        return self.name


def test_a_graph_is_compared_on_every_provider_that_there_is(
    paths: RunPaths, tiny: TrainConfig, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["AzureExecutionProvider", *both])
    monkeypatch.setattr(parity, "Scorer", OnAnotherDevice)
    final = load_model(paths, tiny, "final", Calibration.load(paths.calibration))
    found = parity.parity(final, exported, torch.rand(1, 128, 128).numpy())
    assert list(found) == both
    assert found["CPUExecutionProvider"]["zones"] < 1e-4
    assert found["CUDAExecutionProvider"]["zones"] == pytest.approx(0.03, abs=1e-4)
    with pytest.raises(ParityError, match=r"differ by 0\.03 in zones on CUDAExecutionProvider"):
        onnx_export._check(found)


def test_a_score_may_differ_by_less_than_its_last_digit() -> None:
    agreeing = dict.fromkeys(onnx_export.TOLERANCES, 0.0)
    onnx_export._check({"CPUExecutionProvider": agreeing | {"lung_map": 3e-3, "zones": 3e-3}})
    with pytest.raises(ParityError, match=r"0\.006 in lung_scales"):
        onnx_export._check({"CPUExecutionProvider": agreeing | {"lung_scales": 6e-3}})
    with pytest.raises(ParityError, match=r"0\.0002 in scope"):
        onnx_export._check({"CPUExecutionProvider": agreeing | {"scope": 2e-4}})


def test_export_writes_into_the_run_and_leaves_the_bundled_model(
    paths: RunPaths, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph of the same run stands in for one that is traced again."""
    monkeypatch.setattr(
        torch.onnx, "export", lambda _, __, draft, **___: shutil.copy(exported, draft)
    )
    before = BUNDLED.read_bytes()
    done = invoke("export", paths, "--name", "mine")
    assert done.exit_code == 0, done.output
    assert f"{paths.run / 'model.onnx'}: " in done.output
    assert "within" in done.output
    assert "(CPU) of PyTorch" in done.output
    assert Scorer(paths.run / "model.onnx").metadata.name == "mine"
    assert BUNDLED.read_bytes() == before
