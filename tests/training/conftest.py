"""A run small enough for a test: tiny pictures, few films, one epoch or two."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from radiograde.command import main
from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dataset import write_dataset
from radiograde.training.config import NetworkConfig, StageConfig, TrainConfig
from radiograde.training.evaluation import calibrate, robustness
from radiograde.training.evaluation.figures import patient_bootstrap
from radiograde.training.evaluation.served import reference_distribution
from radiograde.training.fit import pipeline
from radiograde.training.input_check import pictures
from radiograde.training.run_paths import RunPaths
from tests.training import shallow_encoder

FILMS = 40
RESAMPLES = patient_bootstrap.RESAMPLES
UNGRADED = 8
TWO_WAYS = {"as it is": lambda film: film, "upside down": lambda film: film[::-1].copy()}
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
def out_of_scope(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of pictures that are no frontal chest films: small chests, and limbs."""
    folder = tmp_path_factory.mktemp("out_of_scope")
    for kind in ("child_chest", "limb"):
        (folder / kind).mkdir()
    for number in range(3):
        chest = draw(PhantomSpec(rows=128, columns=120, seed=90 + number)).pixels
        write_png(folder / "child_chest" / f"c{number}.png", chest[30:, 10:-10])
        bone = np.zeros((140, 100), np.float32)
        bone[:, 40 + 5 * number : 60 + 5 * number] = 0.8
        write_png(folder / "limb" / f"bone{number}.png", bone)
    return folder


def write_png(path: Path, pixels: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
    Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(path)


@pytest.fixture(scope="session", autouse=True)
def few_resamples() -> Iterator[None]:
    """Let intervals of figures come of few resamples: how wide they are is not what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patient_bootstrap, "RESAMPLES", 100)
        yield


@pytest.fixture
def many_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let intervals come of as many resamples as elsewhere: here they are what is tested."""
    monkeypatch.setattr(patient_bootstrap, "RESAMPLES", RESAMPLES)


@pytest.fixture(scope="session")
def shallow() -> Iterator[str]:
    """Return the name of an encoder of few blocks."""
    with pytest.MonkeyPatch.context() as patch:
        shallow_encoder.register(patch)
        yield shallow_encoder.NAME


@pytest.fixture(scope="session")
def tiny(shallow: str) -> TrainConfig:
    """Return a configuration that trains in seconds, one stage after the other."""
    return TrainConfig(
        network=NetworkConfig(encoder=shallow, input_size=128, pass_size=64, width=16),
        pretrain=StageConfig(epochs=1, rate=1e-3),
        finetune=StageConfig(epochs=2, rate=1e-3, unlabelled=4),
        folds=2,
        batch_size=4,
        device="cpu",
        threads=1,
    )


@pytest.fixture(scope="session")
def tinier(tiny: TrainConfig) -> TrainConfig:
    """Return the same of one pass a grading: its graph is exported in half the time."""
    network = tiny.network.model_copy(update={"grading_margins": (0.0,)})
    return tiny.model_copy(update={"network": network})


@pytest.fixture(scope="session")
def few_pictures() -> Iterator[None]:
    """Let the input check learn from few pictures, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "FRONTAL_FILMS", 20)
        patch.setattr(pictures, "CORRUPTED_FILMS", 4)
        patch.setattr(pictures, "CHANGED_COPIES", 1)
        patch.setattr(pictures, "PHANTOMS", 1)
        yield


@pytest.fixture(scope="session")
def run(
    phantoms: Path,
    out_of_scope: Path,
    tiny: TrainConfig,
    few_pictures: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Return a finished tiny run; its films are decoded beside it, in ``films``."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    config = tiny.model_copy(update={"out_of_scope": out_of_scope})
    pipeline.train(RunPaths(phantoms, out, out.parent / "films"), config)
    return out


@pytest.fixture(scope="session")
def paths(phantoms: Path, run: Path) -> RunPaths:
    """Return where the finished run and its films lie."""
    return RunPaths(phantoms, run, run.parent / "films")


@pytest.fixture(scope="session")
def measured(paths: RunPaths) -> dict[str, Any]:
    """Return the run's evaluation, as `radiograde evaluate --json` prints it."""
    readme = paths.run.parent / "README.md"
    readme.write_text("# x\n<!-- metrics:begin -->\nold\n<!-- metrics:end -->\ntail\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibrate, "FEWEST", 10)
        patch.setattr(robustness, "PERTURBATIONS", TWO_WAYS)
        done = invoke("evaluate", paths, "--json", "--readme", str(readme))
    assert done.exit_code == 0, done.output
    evaluation: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return evaluation


@pytest.fixture(scope="session")
def exported(paths: RunPaths, measured: dict[str, Any]) -> Path:
    """Return the ONNX file of the run."""
    out = paths.run.parent / "model" / "mine.onnx"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference_distribution, "FEWEST", 20)
        done = invoke("export", paths, "--out", str(out))
    assert done.exit_code == 0, done.output
    return out


def invoke(command: str, paths: RunPaths, *options: str) -> Result:
    """Run a command on a run."""
    files = ["--data", str(paths.data), "--run", str(paths.run), "--cache", str(paths.cache)]
    return CliRunner().invoke(main, [command, *files, *options])
