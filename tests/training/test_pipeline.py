import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

import radiograde
from data.errors import ManifestError
from model.scorer import Scorer
from training import loop, pipeline, predict
from training.config import TrainConfig
from training.errors import ParityError, UnfitDataError
from training.export import export
from training.loop import load_network
from training.two_looks import TwoLooks


@pytest.fixture(scope="module")
def run(phantoms: Path, tiny: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished tiny run."""
    out = tmp_path_factory.mktemp("runs") / "tiny"
    pipeline.train(phantoms, out, tiny, out.parent / "films")
    return out


def weights(run: Path, stage: str) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(run / stage / "final.pt", weights_only=True)
    return loaded


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    torch.testing.assert_close(one, other, atol=0, rtol=0)


def test_every_stage_leaves_its_model_and_its_seconds(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    assert list(record["seconds"]) == ["pretrain", "fold0", "fold1", "final"]
    for stage in record["seconds"]:
        assert (run / stage / "final.pt").exists()
    assert TrainConfig.load(run / "config.yaml").folds == 2


def test_folds_learn_from_different_films(run: Path) -> None:
    one, other = weights(run, "fold0"), weights(run, "fold1")
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_a_killed_run_goes_on_to_the_same_weights(
    run: Path,
    phantoms: Path,
    tiny: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class KilledError(Exception):
        pass

    save = loop._Run.save

    def save_and_die(self: loop._Run, path: Path) -> None:
        save(self, path)
        if path.parent.name == "fold1" and self.epoch == 1:
            raise KilledError

    monkeypatch.setattr(loop._Run, "save", save_and_die)
    with pytest.raises(KilledError):
        pipeline.train(phantoms, tmp_path / "run", tiny, run.parent / "films")
    assert (tmp_path / "run" / "fold1" / "last.pt").exists()
    monkeypatch.undo()
    pipeline.train(phantoms, tmp_path / "run", tiny, run.parent / "films")
    for stage in ("fold0", "fold1", "final"):
        assert_same(weights(tmp_path / "run", stage), weights(run, stage))


def test_two_processes_train_one_model(
    phantoms: Path, tiny: TrainConfig, run: Path, tmp_path: Path
) -> None:
    tiny.save(tmp_path / "tiny.yaml")
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", "2", "--module", "radiograde", "train", "--data", str(phantoms)),
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


def test_a_run_is_measured_and_put_in_service(phantoms: Path, run: Path, tmp_path: Path) -> None:
    cache = ["--cache", str(run.parent / "films")]
    readme = tmp_path / "README.md"
    readme.write_text("# x\n<!-- metrics:begin -->\nold\n<!-- metrics:end -->\ntail\n")
    files = ["--data", str(phantoms), "--run", str(run), *cache]
    runner = CliRunner()
    measured = runner.invoke(
        radiograde.main, ["evaluate", *files, "--json", "--readme", str(readme)]
    )
    assert measured.exit_code == 0, measured.output
    evaluation = json.loads((run / "evaluation.json").read_text())
    assert evaluation["agreement"][0]["agreement"]["films"] > 0
    assert "old" not in readme.read_text()
    assert f"{evaluation['lung_dice']['mean']:.3f}" in readme.read_text()

    out = tmp_path / "mine.onnx"
    exported = runner.invoke(radiograde.main, ["export", *files, "--out", str(out)])
    assert exported.exit_code == 0, exported.output
    assert str(Path(pipeline.__file__).parents[1]).encode() not in out.read_bytes()
    scorer = Scorer(out)
    assert scorer.metadata.intervals.brixia == evaluation["intervals"]["brixia"]
    assert scorer.metadata.preprocessing.size == 128
    assert "## Not for" in (tmp_path / "MODEL_CARD.md").read_text()


def test_the_size_of_a_batch_does_not_matter(
    phantoms: Path, run: Path, tiny: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = pipeline.open_study(phantoms, tiny, run.parent / "films")
    batched = predict.out_of_fold(run, tiny, study.cache, study.folds, torch.device("cpu"))
    monkeypatch.setattr(predict, "BATCH", 1)
    single = predict.out_of_fold(run, tiny, study.cache, study.folds, torch.device("cpu"))
    np.testing.assert_allclose(batched.zones, single.zones, atol=1e-4)
    np.testing.assert_allclose(batched.lung_share, single.lung_share, atol=1e-3)


def test_a_graph_that_differs_is_not_written(
    run: Path, tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import export as exporting
    from training.card import metadata

    evaluation = json.loads((run / "evaluation.json").read_text())
    facts = metadata(tiny, evaluation, "x", "CC0", (0.3, 0.7))
    looks = TwoLooks(load_network(tiny, run / "final" / "final.pt"))
    films = torch.rand(1, 128, 128).numpy()
    monkeypatch.setattr(exporting, "TOLERANCE", -1.0)
    with pytest.raises(ParityError, match="differ"):
        export(looks, facts, films, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


@pytest.mark.parametrize(
    ("command", "advice"), [("evaluate", "radiograde train"), ("export", "radiograde evaluate")]
)
def test_an_unfinished_run_says_which_command_comes_first(
    phantoms: Path, run: Path, tiny: TrainConfig, tmp_path: Path, command: str, advice: str
) -> None:
    tiny.save(tmp_path / "config.yaml")
    files = ["--data", str(phantoms), "--run", str(tmp_path), "--cache", str(run.parent / "films")]
    refused = CliRunner().invoke(radiograde.main, [command, *files])
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
        refused = CliRunner().invoke(radiograde.main, [command, "--data", str(other), *place])
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


@pytest.mark.parametrize("text", ["epochs: 3\n", "seed: [", "device: abacus\n"])
def test_a_wrong_configuration_is_told_in_words(phantoms: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    arguments = ["train", "--data", str(phantoms), "--out", str(tmp_path / "run")]
    arguments += ["--config", str(tmp_path / "mine.yaml")]
    refused = CliRunner().invoke(radiograde.main, arguments)
    assert refused.exit_code == 1
    assert "mine.yaml cannot be used" in refused.output


def test_another_configuration_needs_another_folder(
    phantoms: Path, run: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    tiny.model_copy(update={"seed": 1}).save(other)
    arguments = ["train", "--data", str(phantoms), "--out", str(run), "--config", str(other)]
    refused = CliRunner().invoke(radiograde.main, arguments)
    assert refused.exit_code == 1
    assert "another --out" in refused.output.lower()
