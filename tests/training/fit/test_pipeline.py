import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from radiograde.command import main
from radiograde.data.errors import ManifestError
from radiograde.model.scoring.intervals import Width
from radiograde.model.scoring.scope import CLASSES, FRONTAL
from radiograde.model.scoring.scorer import Scorer
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.dataset.film_dataset import open_study
from radiograde.training.errors import ParityError, UnfitDataError
from radiograde.training.evaluation import calibrate, robustness
from radiograde.training.evaluation import predictions as predict
from radiograde.training.evaluation.predictions import FoldGraders, Predictions
from radiograde.training.fit import loop, pipeline
from radiograde.training.fit.finetune import Finetune
from radiograde.training.input_check.held_out import Trial
from radiograde.training.network.checkpoints import assemble, load_calibration
from radiograde.training.network.curves import Calibration, Curve
from radiograde.training.release import onnx_export as exporting
from radiograde.training.release.model_metadata import metadata

CPU = torch.device("cpu")
TWO_WAYS = {"as it is": lambda film: film, "upside down": lambda film: film[::-1].copy()}
FEW_PICTURES = """
from radiograde.command import main
from radiograde.training.input_check import pictures as scope_pictures

scope_pictures.FRONTAL_FILMS = scope_pictures.SPOILT_FILMS = 4
scope_pictures.PHANTOMS = 1
main()
"""


def weights(run: Path, stage: str) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(run / stage / "final.pt", weights_only=True)
    return loaded


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    torch.testing.assert_close(one, other, atol=0, rtol=0)


def test_every_stage_leaves_its_model_and_its_seconds(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    assert list(record["seconds"]) == ["pretrain", "fold0", "fold1", "final", "gate"]
    for stage in ("pretrain", "fold0", "fold1", "final"):
        assert (run / stage / "final.pt").exists()
    assert record["minutes"] == pytest.approx(sum(record["seconds"].values()) / 60, abs=0.15)
    assert TrainConfig.load(run / "config.yaml").folds == 2
    assert not list(run.rglob("last.pt"))


def test_every_model_has_a_gate_and_every_fold_a_trial_of_it(run: Path) -> None:
    for stage in ("fold0", "fold1", "final"):
        assert (run / stage / "scope.pt").exists()
    kinds: list[str] = []
    for fold in (0, 1):
        with np.load(run / f"fold{fold}" / "scope.npz") as trial:
            kinds += trial["kinds"].tolist()
            np.testing.assert_allclose(trial["probabilities"].sum(1), 1.0, atol=1e-5)
            assert trial["probabilities"].shape == (len(trial["kinds"]), len(CLASSES))
    # Three small PNGs each, dealt over both folds; their changed copies are not counted.
    assert kinds.count("limb") == kinds.count("child chest") == 3
    assert not (run / "final" / "scope.npz").exists()
    assert len(Trial.load(run, [0, 1]).kinds) == sum(kind != "frontal film" for kind in kinds)


def test_folds_learn_from_different_films(run: Path) -> None:
    one, other = weights(run, "fold0"), weights(run, "fold1")
    assert any(not torch.equal(one[name], other[name]) for name in one)


def seconds_of(run: Path) -> dict[str, int]:
    seconds: dict[str, int] = json.loads((run / "run.json").read_text())["seconds"]
    return seconds


class KilledError(Exception):
    pass


def test_a_killed_run_goes_on_to_the_same_weights(
    run: Path,
    phantoms: Path,
    out_of_scope: Path,
    tiny: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    save = loop._Run.save

    def save_and_die(self: loop._Run, path: Path) -> None:
        save(self, path)
        if path.parent.name == "fold1" and self.epoch == 1:
            raise KilledError

    broken_off = tmp_path / "run"
    alone = tiny.model_copy(update={"jobs": 1})
    with monkeypatch.context() as patch:
        patch.setattr(loop._Run, "save", save_and_die)
        with pytest.raises(KilledError):
            pipeline.train(phantoms, broken_off, alone, run.parent / "films", out_of_scope)
    assert (broken_off / "fold1" / "last.pt").exists()
    assert list(seconds_of(broken_off)) == ["pretrain", "fold0"]
    done = (broken_off / "fold0" / "final.pt").stat().st_mtime_ns
    pipeline.train(phantoms, broken_off, alone, run.parent / "films", out_of_scope)
    assert (broken_off / "fold0" / "final.pt").stat().st_mtime_ns == done
    for stage in ("fold0", "fold1", "final"):
        assert_same(weights(broken_off, stage), weights(run, stage))
        assert_same(
            torch.load(broken_off / stage / "scope.pt", weights_only=True),
            torch.load(run / stage / "scope.pt", weights_only=True),
        )


@pytest.mark.parametrize(("threads", "jobs", "expected"), [(2, None, 2), (2, 3, 3), (8, None, 5)])
def test_fine_tunes_go_side_by_side_where_there_are_threads(
    run: Path,
    phantoms: Path,
    tiny: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
    jobs: int | None,
    expected: int,
) -> None:
    """Every fine-tune that is not done goes out, ``members`` times, in as many jobs as fit."""
    begun = tmp_path / "run"
    shutil.copytree(run / "pretrain", begun / "pretrain")
    shutil.copytree(run / "fold0", begun / "fold0")
    shutil.copy(run / "boxes.pt", begun / "boxes.pt")
    asked: list[object] = []

    def side_by_side(works: list[Finetune], _: object, *numbers: object) -> None:
        asked.extend([[work.name for work in works], *numbers[:2]])
        raise KilledError

    threads_before = torch.get_num_threads()
    monkeypatch.setattr(pipeline, "run_side_by_side", side_by_side)
    config = tiny.model_copy(update={"threads": threads, "jobs": jobs, "members": 2})
    try:
        with pytest.raises(KilledError):
            pipeline.train(phantoms, begun, config, run.parent / "films")
    finally:
        torch.set_num_threads(threads_before)
    names = ["fold0-2", "fold1", "fold1-2", "final", "final-2"]
    assert asked == [names, expected, threads]


def test_two_processes_train_one_model(
    phantoms: Path, tiny: TrainConfig, run: Path, tmp_path: Path
) -> None:
    tiny.save(tmp_path / "tiny.yaml")
    script = tmp_path / "few_pictures.py"
    script.write_text(FEW_PICTURES)
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", "2", str(script), "train", "--data", str(phantoms)),
        *("--out", str(tmp_path / "run"), "--config", str(tmp_path / "tiny.yaml")),
        *("--cache", str(run.parent / "films")),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["processes"] == 2
    assert all(value.isfinite().all() for value in weights(tmp_path / "run", "final").values())
    assert (tmp_path / "run" / "final" / "scope.pt").exists()


@pytest.fixture(scope="module")
def measured(phantoms: Path, run: Path) -> dict[str, Any]:
    """Return the run's evaluation, as `radiograde evaluate --json` prints it."""
    readme = run.parent / "README.md"
    readme.write_text("# x\n<!-- metrics:begin -->\nold\n<!-- metrics:end -->\ntail\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibrate, "FEWEST", 10)
        patch.setattr(robustness, "PERTURBATIONS", TWO_WAYS)
        done = invoke("evaluate", phantoms, run, "--json", "--readme", str(readme))
    assert done.exit_code == 0, done.output
    evaluation: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return evaluation


@pytest.fixture(scope="module")
def exported(phantoms: Path, run: Path, measured: dict[str, Any]) -> Path:
    """Return the ONNX file of the run."""
    out = run.parent / "model" / "mine.onnx"
    done = invoke("export", phantoms, run, "--out", str(out))
    assert done.exit_code == 0, done.output
    return out


def invoke(command: str, data: Path, run: Path, *options: str) -> Result:
    files = ["--data", str(data), "--run", str(run), "--cache", str(run.parent / "films")]
    return CliRunner().invoke(main, [command, *files, *options])


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
    assert f"{measured['lung_dice']['mean']:.3f}" in readme


def test_a_gate_is_measured_on_films_and_on_what_it_should_turn_away(
    run: Path, measured: dict[str, Any]
) -> None:
    found = Predictions.load(run / "predictions.npz")
    frontal = found.scope[:, CLASSES.index(FRONTAL)].astype(float)
    gate = measured["gate"]
    assert gate["films"] == 40
    assert gate["films_rejected"] == (frontal < gate["threshold"]).mean()
    pictures = {kind["kind"]: kind["pictures"] for kind in gate["kinds"]}
    assert pictures["limb"] == pictures["child chest"] == 3
    assert pictures["blurred film"] == 4


def test_gradings_are_kept_as_other_folds_calibrate_them(
    phantoms: Path, run: Path, tiny: TrainConfig, measured: dict[str, Any]
) -> None:
    found = Predictions.load(run / "predictions.npz")
    study = open_study(phantoms, tiny, run.parent / "films")
    raw = predict.out_of_fold(FoldGraders(run, tiny, CPU), study.cache, study.folds)
    np.testing.assert_array_equal(raw.spread, found.spread)
    assert not np.allclose(raw.zones, found.zones, atol=1e-3)
    # What ships is calibrated by all films, which is neither fold's calibration.
    shipped = load_calibration(run)
    assert shipped.zones != Curve()
    assert not np.allclose(calibrate.calibrated(raw, shipped).zones, found.zones, atol=1e-6)
    assert assemble(run, tiny, "final", shipped).calibration == shipped


def test_a_run_is_put_in_service(run: Path, measured: dict[str, Any], exported: Path) -> None:
    assert str(Path(pipeline.__file__).parents[3]).encode() not in exported.read_bytes()
    scorer = Scorer(exported)
    assert scorer.metadata.intervals.brixia == Width(*measured["intervals"]["brixia"])
    assert scorer.metadata.thresholds.frontal == measured["gate"]["threshold"]
    assert scorer.metadata.thresholds.least_lung == measured["least_lung"]
    assert scorer.metadata.preprocessing.size == 128
    assert "## Not for" in exported.with_name("MODEL_CARD.md").read_text()


def test_what_is_put_in_service_is_the_calibrated_final_model(
    phantoms: Path, run: Path, tiny: TrainConfig, exported: Path
) -> None:
    study = open_study(phantoms, tiny, run.parent / "films")
    square = study.cache.cells[3, 0].astype(np.float32) / 255
    looks = assemble(run, tiny, "final", load_calibration(run))
    with torch.no_grad():
        expected = looks(torch.from_numpy(square[None, None]))
    grading = Scorer(exported, threads=1)._run(square)
    np.testing.assert_allclose(grading.zones, expected.zones[0], atol=1e-4)
    np.testing.assert_allclose(grading.scales, expected.scales[0], atol=1e-4)
    np.testing.assert_allclose(grading.spread, expected.spread[0], atol=1e-4)
    np.testing.assert_allclose(grading.scope, expected.scope[0], atol=1e-4)


def test_a_graph_that_differs_is_not_written(
    run: Path,
    tiny: TrainConfig,
    measured: dict[str, Any],
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The graph of the run stands in for one that the exporter got wrong: another fold's."""
    monkeypatch.setattr(
        exporting, "_write", lambda _, draft, __: shutil.copy(exported, draft) and None
    )
    facts = metadata(tiny, measured, "x", "CC0", (0.3, 0.7))
    films = torch.rand(1, 128, 128).numpy()
    final = assemble(run, tiny, "final", load_calibration(run))
    assert exporting.export(final, facts, films, tmp_path / "same.onnx") < exporting.TOLERANCE
    with pytest.raises(ParityError, match="differ"):
        exporting.export(assemble(run, tiny, "fold0"), facts, films, tmp_path / "other.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["same.onnx"]


def test_the_size_of_a_batch_does_not_matter(
    phantoms: Path, run: Path, tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = open_study(phantoms, tiny, run.parent / "films")
    graders = FoldGraders(run, tiny, CPU)
    some = FilmCache(study.cache.cells[:12], study.cache.frames[:12]), study.folds[:12]
    monkeypatch.setattr(predict, "BATCH", 5)
    batched = predict.out_of_fold(graders, *some)
    monkeypatch.setattr(predict, "BATCH", 1)
    single = predict.out_of_fold(graders, *some)
    np.testing.assert_allclose(batched.zones, single.zones, atol=1e-4)
    np.testing.assert_allclose(batched.spread, single.spread, atol=1e-4)
    np.testing.assert_allclose(batched.scope, single.scope, atol=1e-4)
    np.testing.assert_allclose(batched.lung_share, single.lung_share, atol=1e-3)


def test_each_film_is_graded_by_the_model_of_its_own_fold(
    phantoms: Path, run: Path, tiny: TrainConfig
) -> None:
    study = open_study(phantoms, tiny, run.parent / "films")
    graders = FoldGraders(run, tiny, CPU, Calibration(zones=Curve(0.5, 1.0)))
    found = predict.out_of_fold(graders, study.cache, study.folds)
    for fold in (0, 1):
        film = int(torch.nonzero(study.folds == fold)[-1])
        square = torch.tensor(study.cache.cells[film : film + 1, :1]).float() / 255
        own, other = (graders.grade(number, square).zones[0].numpy() for number in (fold, 1 - fold))
        np.testing.assert_allclose(found.zones[film], own, atol=1e-4)
        assert not np.allclose(found.zones[film], other, atol=1e-4)


@pytest.mark.parametrize(
    ("command", "advice"), [("evaluate", "radiograde train"), ("export", "radiograde evaluate")]
)
def test_an_unfinished_run_says_which_command_comes_first(
    phantoms: Path, run: Path, tiny: TrainConfig, tmp_path: Path, command: str, advice: str
) -> None:
    tiny.save(tmp_path / "config.yaml")
    refused = invoke(command, phantoms, tmp_path)
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


def test_without_a_lung_mask_there_is_nothing_to_learn_lungs_from(
    phantoms: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    rows = (phantoms / "manifest.csv").read_text().replace("images/", f"{phantoms}/images/")
    (tmp_path / "labels.csv").write_text(re.sub(r"lung_masks/\d+\.png", "", rows))
    with pytest.raises(UnfitDataError, match="lung mask"):
        pipeline.train(tmp_path, tmp_path / "run", tiny, tmp_path / "films")


def test_a_damaged_film_is_named_by_its_row(
    phantoms: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    (tmp_path / "film.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "labels.csv").write_text("image,patient\nfilm.png,P1\n")
    with pytest.raises(ManifestError, match="row 2, image"):
        pipeline.train(tmp_path, tmp_path / "run", tiny, tmp_path / "films")


@pytest.mark.parametrize("text", ["epochs: 3\n", "seed: [", "device: abacus\n", "members: 3\n"])
def test_a_wrong_configuration_is_told_in_words(phantoms: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    arguments = ["train", "--data", str(phantoms), "--out", str(tmp_path / "run")]
    arguments += ["--config", str(tmp_path / "mine.yaml")]
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 1
    assert "mine.yaml cannot be used" in refused.output


def test_another_configuration_needs_another_folder(
    phantoms: Path, run: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    tiny.model_copy(update={"seed": 1}).save(other)
    arguments = ["train", "--data", str(phantoms), "--out", str(run), "--config", str(other)]
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 1
    assert "another --out" in refused.output.lower()
