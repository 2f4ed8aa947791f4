"""Runs in MLflow: a real server, with a run's parameters, losses by epoch, figures and model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.data.manifest import load
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.adaptation.adaptation_run import Adaptation
from radiograde.training.adaptation.local_curve import IDENTITY
from radiograde.training.adaptation.local_scale import LocalFigures, LocalScale
from radiograde.training.config import TrainConfig
from radiograde.training.errors import ConfigError
from radiograde.training.evaluation.figures.patient_bootstrap import Estimate
from radiograde.training.fit import pipeline
from radiograde.training.fit.finetune import Wanted
from radiograde.training.run_paths import RunPaths
from radiograde.training.tracking import KEPT, URI, experiment_name, mlflow_client, tracked
from tests.orthanc import free_port
from tests.service.processes import waited

LIMIT_S = 120.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of an MLflow server."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    address = f"http://127.0.0.1:{port}"
    places = [
        f"--backend-store-uri=sqlite:///{folder}/runs.db",
        f"--artifacts-destination={folder}",
    ]
    command = [sys.executable, "-m", "mlflow", "server", "--workers=1", f"--port={port}", *places]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, env={**os.environ, **quiet}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            assert waited(lambda: answers(f"{address}/health"), LIMIT_S, 0.3)
            yield address
        finally:
            os.killpg(process.pid, 9)
            process.wait()


def answers(address: str) -> bool:
    with suppress(OSError):
        return bool(urllib.request.urlopen(address, timeout=2).read())  # noqa: S310 - our own
    return False


@pytest.fixture
def tracking(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have runs tracked by the server."""
    monkeypatch.setenv(URI, server)


def kept_run(folder: Path) -> Any:
    return mlflow_client().get_run((folder / KEPT).read_text().strip())


def all_runs() -> list[Any]:
    client = mlflow_client()
    experiment = client.get_experiment_by_name(experiment_name())
    return list(client.search_runs([experiment.experiment_id]))


def files(run: Any, folder: str = "") -> set[str]:
    return {one.path for one in mlflow_client().list_artifacts(run.info.run_id, folder)}


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_run_is_in_mlflow_with_its_metrics_and_its_model(
    tracking: None, phantoms: Path, tinier: TrainConfig, few_pictures: None, tmp_path: Path
) -> None:
    paths = RunPaths(phantoms, tmp_path / "tracked", tmp_path / "films")
    for wanted in ("pretrain", "final"):  # it is broken off between the two
        pipeline.train(paths, tinier, Wanted(only=(wanted,)))
    run = kept_run(paths.run)
    assert run.info.status == "FINISHED"
    assert run.data.params["config.finetune.epochs"] == "2"
    assert run.data.params["films_sha256"] == json.loads(paths.record.read_text())["manifest"]
    history = mlflow_client().get_metric_history(run.info.run_id, "final/total")
    assert [metric.step for metric in history] == [1, 2]
    assert {"pretrain/total", "final/zones"} <= run.data.metrics.keys()
    assert {"config.yaml", "run.json", "final"} <= files(run)
    model = mlflow_client().download_artifacts(run.info.run_id, "final/final.pt", str(tmp_path))
    assert Path(model).read_bytes() == paths.weights("final").read_bytes()
    listed = command("runs")
    assert listed.exit_code == 0, listed.output
    assert listed.output.count("train tracked") == 1
    assert "final/total" in listed.output


def test_an_adaptation_is_in_mlflow_with_what_it_wrote(
    tracking: None, tmp_path: Path, phantoms: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimates = LocalFigures(Estimate(1.5), Estimate(0.25), Estimate())
    scale = LocalScale("brixia", 60, 60, IDENTITY, 1.25, after=estimates)
    names = ("brixia", "geographic_extent", "opacity")
    scales = {name: scale if name == "brixia" else LocalScale(name, 60, 60) for name in names}
    few = load(phantoms)
    monkeypatch.setattr(
        Adaptation,
        "of",
        lambda base, _: Adaptation(base, replace(few, films=few.films[:2]), scales),
    )
    out = tmp_path / "local.onnx"
    done = command("adapt", "--data", str(phantoms), "--out", str(out))
    assert done.exit_code == 0, done.output
    (run,) = (one for one in all_runs() if one.info.run_name == "local.onnx")
    assert run.data.metrics == {"brixia/mae/after": 1.5, "brixia/bias/after": 0.25}
    assert run.data.params["model_sha256"] == Scorer(threads=1).facts.sha256
    assert files(run, "model") == {"model/local.onnx", "model/local.md"}


def test_what_broke_off_is_said_to_have_failed(tracking: None, tmp_path: Path) -> None:
    with pytest.raises(LookupError), tracked("train", "broken", {}, tmp_path):
        raise LookupError
    assert kept_run(tmp_path).info.status == "FAILED"
    with pytest.raises(KeyboardInterrupt), tracked("train", "broken", {}, tmp_path):
        raise KeyboardInterrupt
    assert kept_run(tmp_path).info.status == "KILLED"


def test_a_server_that_goes_away_ends_no_run(
    tracking: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with tracked("train", "alone", {}, tmp_path) as tracker:
        monkeypatch.setattr(type(tracker.client), "log_batch", gone)  # type: ignore[attr-defined]
        tracker.metrics({"loss": 1.0})
        tracker.metrics({"loss": 0.5})
    assert capsys.readouterr().err.count("does not hear") == 1


def gone(*_: object, **__: object) -> None:
    raise ConnectionError


def test_a_server_that_was_never_there_is_told_before_anything_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URI, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(ConfigError, match="cannot be used"), tracked("train", "x", {}, tmp_path):
        raise AssertionError
    assert list(tmp_path.iterdir()) == []


def test_without_mlflow_nothing_is_imported_and_runs_are_those_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(URI, raising=False)
    code = (
        "import sys\nfrom radiograde.training.tracking import tracked\n"
        "with tracked('train', 'x', {}) as tracker:\n    tracker.metrics({'a': 1.0})\n"
        "assert not {'mlflow', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    run = tmp_path / "mine"
    run.mkdir()
    (run / "run.json").write_text('{"films": 40, "minutes": 1.5}')
    agreement = {"mae": 1.25, "r": None}
    row = {"grader": "Radiograde", "reference": "Brixia, readers' mean", "agreement": agreement}
    (run / "evaluation.json").write_text(json.dumps({"agreement": [row]}))
    listed = json.loads(command("runs", str(tmp_path), "--json").output)
    assert [(one["name"], one["state"]) for one in listed] == [("mine", "measured")]
    assert listed[0]["figures"] == {
        "films": 40,
        "minutes": 1.5,
        "Brixia, readers' mean mae": 1.25,
    }
    assert "mine  measured" in command("runs", str(tmp_path)).output
    (run / "run.json").write_text("[")
    assert command("runs", str(tmp_path)).exit_code == 1
