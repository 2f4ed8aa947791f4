"""What a run reaches at a source that its model never saw; the networks here are not trained."""

from __future__ import annotations

import csv
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from radiograde.command import main
from radiograde.data.phantom_dataset import write_dataset
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import open_dataset
from radiograde.training.evaluation import calibrate
from radiograde.training.evaluation.model_evaluation import load_evaluations
from radiograde.training.evaluation.predictions import Predictions
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.checkpoints import save_whole
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.release import left_out
from radiograde.training.run_paths import RunPaths, left_out_name
from tests.training.samples import predictions, random_zones

FILMS = 24


@pytest.fixture(scope="module")
def paths(tinier: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> RunPaths:
    """Return a run that has nothing but an untrained model without the source ``far``."""
    folder = tmp_path_factory.mktemp("left_out")
    manifest = write_dataset(folder / "films", count=FILMS, seed=3)
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row["source"] = "far" if number % 3 == 0 else "near"
    with manifest.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    paths = RunPaths.of(folder / "films", folder / "run", folder / "cache")
    paths.run.mkdir()
    tinier.save(paths.config)
    network = SeverityNetwork(tinier.network, pretrained=False)
    save_whole(network.state_dict(), paths.weights(left_out_name("far")))
    return paths


def command(paths: RunPaths, source: str) -> list[str]:
    files = ["--data", str(paths.data), "--run", str(paths.run), "--cache", str(paths.cache)]
    return ["evaluate", *files, "--leave-out", source, "--threads", "1", "--a-source", "0"]


def test_the_model_without_a_source_is_measured_there_alone(paths: RunPaths) -> None:
    done = CliRunner().invoke(main, command(paths, "far"))
    assert done.exit_code == 0, done.output
    (found,) = load_evaluations(paths.left_out_evaluation("far"))
    assert found.left_out == "far"
    assert found.learned_sources == ["near"]
    assert found.figures.films == FILMS / 3
    assert [one.source for one in found.elsewhere] == ["far"]
    assert found.model.name == "without-far"
    assert paths.left_out_evaluations == [paths.left_out_evaluation("far")]


def test_calibration_and_intervals_know_nothing_of_the_source(
    paths: RunPaths, tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "FEWEST", 5)
    dataset = open_dataset(paths, tiny)
    far = np.array([film.source == "far" for film in dataset.manifest.films])
    graded = predictions(random_zones(FILMS))
    graded.save(paths.raw_predictions)
    first = left_out._fitted_elsewhere(paths, dataset, ("far",))
    other = {one.name: getattr(graded, one.name).copy() for one in fields(graded)}
    other["zones"][far] = 3 - other["zones"][far]
    other["extent"][far] = 8.0
    Predictions(**other).save(paths.raw_predictions)
    assert left_out._fitted_elsewhere(paths, dataset, ("far",)) == first
    assert first[0] != Calibration()
    other["zones"][~far] = 3 - other["zones"][~far]
    Predictions(**other).save(paths.raw_predictions)
    assert left_out._fitted_elsewhere(paths, dataset, ("far",)) != first


@pytest.mark.parametrize(
    ("source", "message"),
    [("near", "is not trained yet"), ("nowhere", "No film is of the source 'nowhere'")],
)
def test_a_model_or_a_source_that_there_is_not_is_told(
    paths: RunPaths, source: str, message: str
) -> None:
    done = CliRunner().invoke(main, command(paths, source))
    assert done.exit_code == 1
    assert message in done.output
    assert not Path(paths.left_out_evaluation(source)).exists()
