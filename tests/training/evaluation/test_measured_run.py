"""The evaluation of a run that was really trained, small as it is."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from radiograde.command import main
from radiograde.model.scoring.input_check import CLASSES, FRONTAL
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.dataset.film_dataset import open_dataset
from radiograde.training.errors import UnfinishedRunError
from radiograde.training.evaluation import predictions
from radiograde.training.evaluation.calibrate import calibrated
from radiograde.training.evaluation.evaluate import evaluate
from radiograde.training.evaluation.evaluation_result import EvaluationMetrics, MeasuredFolds
from radiograde.training.evaluation.predictions import (
    FoldGraders,
    Predictions,
    grade_out_of_fold,
)
from radiograde.training.fit import pipeline
from radiograde.training.fit.finetune import Wanted
from radiograde.training.network.calibration import Calibration, Curve
from radiograde.training.network.checkpoints import load_model
from radiograde.training.run_paths import RunPaths
from tests.training.conftest import TWO_WAYS, invoke

CPU = torch.device("cpu")


def test_a_run_is_measured(run: Path, measured: dict[str, Any]) -> None:
    assert json.loads((run / "evaluation.json").read_text()) == measured
    assert measured["agreement"][0]["agreement"]["films"] == 32
    assert (measured["films"], measured["graded_films"]) == (40, 32)
    shifts = {shift["perturbation"]: shift for shift in measured["robustness"]}
    assert shifts.keys() == TWO_WAYS.keys()
    assert {shift["films"] for shift in shifts.values()} == {32}
    assert shifts["as it is"]["p95"] == pytest.approx(0.0, abs=1e-4)
    assert shifts["upside down"]["mean"] > 0
    readme = (run.parent / "README.md").read_text()
    assert readme.startswith("# x\n<!-- metrics:begin -->\n")
    assert readme.endswith("<!-- metrics:end -->\ntail\n")
    assert "old" not in readme
    assert f"{measured['agreement'][0]['agreement']['mae']:.2f} points" in readme
    assert f"{measured['gate']['films_rejected']:.1%}" in readme


def test_the_input_check_is_measured_on_films_and_on_what_it_should_turn_away(
    run: Path, measured: dict[str, Any]
) -> None:
    predictions = Predictions.load(run / "predictions.npz")
    frontal = predictions.scope[:, CLASSES.index(FRONTAL)].astype(float)
    gate = measured["gate"]
    assert gate["films"] == 40
    assert gate["films_rejected"] == (frontal < gate["threshold"]).mean()
    pictures = {kind["kind"]: kind["pictures"] for kind in gate["kinds"]}
    assert pictures["limb"] == pictures["child chest"] == 3
    assert "blurred film" not in pictures, "what was degraded is learned, and not counted"


def test_gradings_are_kept_as_other_folds_calibrate_them(
    paths: RunPaths, tiny: TrainConfig, measured: dict[str, Any]
) -> None:
    kept = Predictions.load(paths.predictions)
    dataset = open_dataset(paths, tiny)
    raw = grade_out_of_fold(FoldGraders(paths, tiny, CPU), dataset.cache, dataset.folds)
    np.testing.assert_array_equal(raw.spread, kept.spread)
    assert not np.allclose(raw.zones, kept.zones, atol=1e-3)
    # What ships is calibrated by all films, which is neither fold's calibration.
    shipped = Calibration.load(paths.calibration)
    assert shipped.zones != Curve()
    assert not np.allclose(calibrated(raw, shipped).zones, kept.zones, atol=1e-6)
    assert load_model(paths, tiny, "final", shipped).calibration == shipped


def test_a_run_is_measured_by_the_folds_that_are_trained(
    phantoms: Path, run: Path, out_of_scope: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    paths = RunPaths(phantoms, tmp_path, run.parent / "films")
    config = tiny.model_copy(update={"folds": 3, "out_of_scope": out_of_scope})
    pipeline.train(paths, config, Wanted(only=("fold0", "fold2")))
    assert not paths.folder("final").exists()
    metrics = evaluate(paths).metrics
    dataset = open_dataset(paths, config)
    unseen = dataset.folds.numpy() == 1
    assert metrics.folds == MeasuredFolds(2, 3, int((~unseen).sum()))
    assert "of 2 of 3 folds" in EvaluationMetrics.load(paths).warning
    assert (metrics.films, metrics.graded_films) == (40, 32), "what it learned from"
    assert metrics.agreement[0].agreement.films == dataset.severity.numpy()[~unseen].sum()
    for kept in (paths.raw_predictions, paths.predictions):
        extent = Predictions.load(kept).extent
        assert np.array_equal(np.isnan(extent), unseen)
    paths.input_check("fold2").unlink()
    with pytest.raises(UnfinishedRunError, match="fold1 is not trained yet"):
        evaluate(paths)


def test_the_size_of_a_batch_does_not_matter(
    paths: RunPaths, tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = open_dataset(paths, tiny)
    graders = FoldGraders(paths, tiny, CPU)
    some = FilmCache(dataset.cache.cells[:12], dataset.cache.frames[:12]), dataset.folds[:12]
    monkeypatch.setattr(predictions, "BATCH", 5)
    batched = grade_out_of_fold(graders, *some)
    monkeypatch.setattr(predictions, "BATCH", 1)
    single = grade_out_of_fold(graders, *some)
    np.testing.assert_allclose(batched.zones, single.zones, atol=1e-4)
    np.testing.assert_allclose(batched.spread, single.spread, atol=1e-4)
    np.testing.assert_allclose(batched.scope, single.scope, atol=1e-4)
    np.testing.assert_allclose(batched.lung_share, single.lung_share, atol=1e-3)


def test_each_film_is_graded_by_the_model_of_its_own_fold(
    paths: RunPaths, tiny: TrainConfig
) -> None:
    dataset = open_dataset(paths, tiny)
    graders = FoldGraders(paths, tiny, CPU, Calibration(zones=Curve(0.5, 1.0)))
    graded = grade_out_of_fold(graders, dataset.cache, dataset.folds)
    for fold in (0, 1):
        film = int(torch.nonzero(dataset.folds == fold)[-1])
        square = torch.tensor(dataset.cache.cells[film : film + 1, :1]).float() / 255
        own, other = (graders.grade(number, square).zones[0].numpy() for number in (fold, 1 - fold))
        np.testing.assert_allclose(graded.zones[film], own, atol=1e-4)
        assert not np.allclose(graded.zones[film], other, atol=1e-4)


@pytest.mark.parametrize(
    ("command", "advice"), [("evaluate", "radiograde train"), ("export", "radiograde evaluate")]
)
def test_an_unfinished_run_says_which_command_comes_first(
    paths: RunPaths, tiny: TrainConfig, tmp_path: Path, command: str, advice: str
) -> None:
    tiny.save(tmp_path / "config.yaml")
    refused = invoke(command, RunPaths.of(paths.data, tmp_path))
    assert refused.exit_code == 1
    assert advice in refused.output


def test_other_films_than_the_runs_are_not_measured(
    phantoms: Path, run: Path, tmp_path: Path
) -> None:
    text = (phantoms / "manifest.csv").read_text().replace("images/", f"{phantoms}/images/")
    other = tmp_path / "labels.csv"
    other.write_text(text.replace("lung_masks/", f"{phantoms}/lung_masks/"))
    for command in ("evaluate", "export", "train"):
        place = ["--out", str(run)] if command == "train" else ["--run", str(run)]
        refused = CliRunner().invoke(main, [command, "--data", str(other), *place])
        assert refused.exit_code == 1
        assert "another manifest" in refused.output


def test_the_figures_of_a_run_come_back_from_their_file(
    paths: RunPaths, measured: dict[str, Any]
) -> None:
    figures = json.loads(json.dumps(EvaluationMetrics.load(paths).to_json()))
    assert figures == measured
    assert list(figures) == [
        *("agreement", "zone_kappa", "zone_kappa_95", "zone_mae", "lung_dice", "clear"),
        *("coverage", "subgroups", "change", "gate", "robustness"),
        *("films", "patients", "sources", "graded_films", "least_lung", "intervals"),
        *("manifest", "run", "by_source", "began_with", "folds"),
    ]
