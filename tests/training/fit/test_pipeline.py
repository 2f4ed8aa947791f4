import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from radiograde.command import main
from radiograde.data.errors import ManifestError
from radiograde.model.scoring.input_check import CLASSES
from radiograde.training.config import TrainConfig
from radiograde.training.fit import pipeline
from radiograde.training.fit.finetune import Finetune
from radiograde.training.fit.loop import NetworkFit
from radiograde.training.input_check.held_out import HeldOutPictures
from radiograde.training.input_check.picture_kind import ORDINARY
from radiograde.training.run_paths import RunPaths
from tests.service.processes import ROOT, waited

FEW_PICTURES = """
import pytest

from radiograde.command import main
from radiograde.training.input_check import pictures
from tests.training import shallow_encoder

pictures.FRONTAL_FILMS = pictures.CORRUPTED_FILMS = 4
pictures.PHANTOMS = 1
shallow_encoder.register(pytest.MonkeyPatch())
main()
"""


def weights(run: Path, stage: str) -> dict[str, torch.Tensor]:
    loaded: dict[str, torch.Tensor] = torch.load(run / stage / "final.pt", weights_only=True)
    return loaded


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    torch.testing.assert_close(one, other, atol=0, rtol=0)


def test_every_stage_leaves_its_model_and_its_seconds(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    assert list(record["seconds"]) == ["decode", "pretrain", "fold0", "fold1", "final", "gate"]
    for stage in ("pretrain", "fold0", "fold1", "final"):
        assert (run / stage / "final.pt").exists()
    assert record["minutes"] == pytest.approx(sum(record["seconds"].values()) / 60, abs=0.15)
    assert TrainConfig.load(run / "config.yaml").folds == 2
    assert not list(run.rglob("last.pt"))


def test_every_model_has_an_input_check_that_was_tried_on_the_fold_held_out(
    paths: RunPaths,
) -> None:
    for stage in ("fold0", "fold1", "final"):
        assert paths.input_check(stage).exists()
    kinds: list[str] = []
    for fold in (0, 1):
        with np.load(paths.held_out_pictures(f"fold{fold}")) as tried:
            kinds += tried["kinds"].tolist()
            np.testing.assert_allclose(tried["probabilities"].sum(1), 1.0, atol=1e-5)
            assert tried["probabilities"].shape == (len(tried["kinds"]), len(CLASSES))
    # Three small PNGs each, dealt over both folds; their changed copies are not counted.
    assert kinds.count("limb") == kinds.count("child chest") == 3
    assert not paths.held_out_pictures("final").exists()
    assert len(HeldOutPictures.load(paths, [0, 1]).kinds) == sum(kind != ORDINARY for kind in kinds)


def test_folds_learn_from_different_films(run: Path) -> None:
    one, other = weights(run, "fold0"), weights(run, "fold1")
    assert any(not torch.equal(one[name], other[name]) for name in one)


def seconds_of(run: Path) -> dict[str, int]:
    seconds: dict[str, int] = json.loads((run / "run.json").read_text())["seconds"]
    return seconds


class KilledError(Exception):
    pass


def test_a_killed_run_goes_on_to_the_same_weights(
    paths: RunPaths,
    out_of_scope: Path,
    tiny: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    save = NetworkFit.save

    def save_and_die(self: NetworkFit) -> None:
        save(self)
        if self.fit.name == "fold1" and self.epoch == 1:
            raise KilledError

    broken_off = paths.of_run(tmp_path / "run")
    alone = tiny.model_copy(update={"jobs": 1, "out_of_scope": out_of_scope})
    with monkeypatch.context() as patch:
        patch.setattr(NetworkFit, "save", save_and_die)
        with pytest.raises(KilledError):
            pipeline.train(broken_off, alone)
    assert broken_off.checkpoint("fold1").exists()
    assert list(seconds_of(broken_off.run)) == ["decode", "pretrain", "fold0"]
    done = broken_off.weights("fold0").stat().st_mtime_ns
    pipeline.train(broken_off, alone)
    assert broken_off.weights("fold0").stat().st_mtime_ns == done
    for stage in ("fold0", "fold1", "final"):
        assert_same(weights(broken_off.run, stage), weights(paths.run, stage))
        assert_same(
            torch.load(broken_off.input_check(stage), weights_only=True),
            torch.load(paths.input_check(stage), weights_only=True),
        )


@pytest.mark.parametrize(("threads", "jobs", "expected"), [(2, None, 2), (2, 3, 3), (8, None, 5)])
def test_fine_tunes_go_in_parallel_where_there_are_threads(
    paths: RunPaths,
    tiny: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    threads: int,
    jobs: int | None,
    expected: int,
) -> None:
    """Every fine-tune that is not done goes out, ``members`` times, in as many jobs as fit."""
    begun = paths.of_run(tmp_path / "run")
    for name in ("pretrain", "fold0"):
        shutil.copytree(paths.folder(name), begun.folder(name))
    shutil.copy(paths.lung_boxes, begun.lung_boxes)
    called: list[object] = []

    def in_parallel(tasks: list[Finetune], _: object, *numbers: object) -> None:
        called.extend([[task.name for task in tasks], *numbers])
        raise KilledError

    threads_before = torch.get_num_threads()
    monkeypatch.setattr(pipeline, "parallel_folds", in_parallel)
    config = tiny.model_copy(update={"threads": threads, "jobs": jobs, "members": 2})
    try:
        with pytest.raises(KilledError):
            pipeline.train(begun, config)
    finally:
        torch.set_num_threads(threads_before)
    names = ["fold0-2", "fold1", "fold1-2", "final", "final-2"]
    assert called == [names, expected, threads]


def test_two_processes_train_one_model(paths: RunPaths, tiny: TrainConfig, tmp_path: Path) -> None:
    tiny.save(tmp_path / "tiny.yaml")
    script = tmp_path / "few_pictures.py"
    script.write_text(FEW_PICTURES)
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", "2", str(script), "train", "--data", str(paths.data)),
        *("--out", str(tmp_path / "run"), "--config", str(tmp_path / "tiny.yaml")),
        *("--cache", str(paths.cache)),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=110,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["processes"] == 2
    assert all(value.isfinite().all() for value in weights(tmp_path / "run", "final").values())
    assert paths.of_run(tmp_path / "run").input_check("final").exists()


KILLED_ONCE = """
import os
import pathlib
import signal

import pytest

from radiograde.command import main
from radiograde.training.fit import pipeline
from radiograde.training.fit.loop import NetworkFit
from tests.training import shallow_encoder

pipeline.train_input_checks = lambda *_: None
shallow_encoder.register(pytest.MonkeyPatch())
flag = pathlib.Path(os.environ["FLAG"])
save = NetworkFit.save


def save_and_kill(self):
    save(self)
    ready = self.fit.name == "final" and self.epoch == 1 and self.distributed.is_main
    if ready and not flag.exists():
        flag.write_text(str(os.getpid()))
        os.kill(os.getppid(), getattr(signal, os.environ["SIGNAL"]))


NetworkFit.save = save_and_kill
if __name__ == "__main__":
    main()
"""
"""Training whose process is sent a signal by what it started, once, in the midst of a fit."""


def killed_once(
    paths: RunPaths, config: TrainConfig, folder: Path, signal: str, *launcher: str
) -> RunPaths:
    """Train what is left after pretraining and a fold, killed by a signal and taken up again."""
    begun = paths.of_run(folder / "run")
    for name in ("pretrain", "fold0"):
        shutil.copytree(paths.folder(name), begun.folder(name))
    shutil.copy(paths.lung_boxes, begun.lung_boxes)
    config.save(folder / "tiny.yaml")
    (folder / "killed.py").write_text(KILLED_ONCE)
    flag = folder / "flag"
    command = [
        *(sys.executable, *launcher, str(folder / "killed.py"), "train"),
        *("--data", str(paths.data), "--out", str(begun.run)),
        *("--config", str(folder / "tiny.yaml"), "--cache", str(paths.cache)),
    ]
    environment = {"OMP_NUM_THREADS": "1", "FLAG": str(flag), "SIGNAL": signal}
    environment |= {"PYTHONPATH": str(ROOT)}

    def train() -> int:
        with (folder / "log").open("ab") as log:
            done = subprocess.run(
                command, stdout=log, stderr=log, timeout=240, env=os.environ | environment
            )
        return done.returncode

    assert train() != 0
    assert flag.exists(), (folder / "log").read_text()[-2000:]
    assert waited(lambda: not is_running(int(flag.read_text())), 60)
    assert begun.checkpoint("final").exists()
    assert not begun.weights("final").exists()
    assert train() == 0, (folder / "log").read_text()[-2000:]
    return begun


def is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_run_of_several_jobs_that_is_killed_goes_on_to_the_same_weights(
    paths: RunPaths, tiny: TrainConfig, tmp_path: Path
) -> None:
    jobs = tiny.model_copy(update={"threads": 2, "jobs": 2})
    begun = killed_once(paths, jobs, tmp_path, "SIGKILL")
    for stage in ("fold1", "final"):
        # Another process rounds otherwise in the last digit.
        torch.testing.assert_close(
            weights(begun.run, stage), weights(paths.run, stage), atol=1e-6, rtol=1e-4
        )


def test_a_run_under_torchrun_that_is_preempted_goes_on(
    paths: RunPaths, tiny: TrainConfig, tmp_path: Path
) -> None:
    launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    begun = killed_once(paths, tiny, tmp_path, "SIGTERM", *launcher)
    assert all(value.isfinite().all() for value in weights(begun.run, "final").values())


def test_without_a_lung_mask_there_is_nothing_to_learn_lungs_from(
    phantoms: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    rows = (phantoms / "manifest.csv").read_text().replace("images/", f"{phantoms}/images/")
    (tmp_path / "labels.csv").write_text(re.sub(r"lung_masks/\d+\.png", "", rows))
    with pytest.raises(ManifestError, match="lung mask"):
        pipeline.train(RunPaths(tmp_path, tmp_path / "run", tmp_path / "films"), tiny)


def test_a_damaged_film_is_named_by_its_row(
    phantoms: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    (tmp_path / "film.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    rows = (phantoms / "manifest.csv").read_text().replace("lung_masks/", f"{phantoms}/lung_masks/")
    header, _, *others = rows.replace("images/", f"{phantoms}/images/").splitlines()
    damaged = ",".join(["film.png", "phantom", "P1", *[""] * (header.count(",") - 2)])
    (tmp_path / "labels.csv").write_text("\n".join([header, damaged, *others]))
    with pytest.raises(ManifestError, match="row 2, image"):
        pipeline.train(RunPaths(tmp_path, tmp_path / "run", tmp_path / "films"), tiny)


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
