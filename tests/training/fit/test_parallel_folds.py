"""Workers are real processes here: few of them, each of a few steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from radiograde.data.errors import ManifestError
from radiograde.training.config import TrainConfig
from radiograde.training.fit.finetune import BOXES, Finetune, Place, planned
from radiograde.training.fit.parallel_folds import run_side_by_side
from radiograde.training.fit.progress import Epoch
from radiograde.training.network.checkpoints import member_folders
from tests.training.samples import film, study

STUDY = study([film(n) for n in range(6)])


def test_every_fold_and_what_ships_is_trained_as_often_as_there_are_members() -> None:
    assert planned(STUDY, TrainConfig()) == [
        Finetune("fold0", 0),
        Finetune("fold1", 1),
        Finetune("fold2", 2),
        Finetune("final", None),
    ]
    twice = planned(STUDY, TrainConfig(members=2))
    assert [work.name for work in twice[:2]] == ["fold0", "fold0-2"]
    assert [work.held_out for work in twice] == [0, 0, 1, 1, 2, 2, None, None]


@pytest.mark.parametrize("members", [1, 2])
def test_what_is_trained_is_what_a_model_is_put_together_from(members: int) -> None:
    config = TrainConfig(members=members)
    run = Path("run")
    stages = ("fold0", "fold1", "fold2", "final")
    folders = [folder for name in stages for folder in member_folders(run, config, name)]
    assert folders == [run / work.name for work in planned(STUDY, config)]


def test_side_by_side_gives_what_one_after_the_other_gave(
    run: Path, phantoms: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    shutil.copytree(run / "pretrain", tmp_path / "pretrain")
    shutil.copy(run / BOXES, tmp_path / BOXES)
    place = Place(phantoms, tmp_path, tiny, run.parent / "films")
    works = [Finetune("fold0", 0), Finetune("fold1", 1)]
    reported: list[Epoch] = []
    done = dict(run_side_by_side(works, place, jobs=2, threads=2, report=reported.append))
    assert done.keys() == {"fold0", "fold1"}
    assert all(seconds > 0 for seconds in done.values())
    for name in done:
        ours = torch.load(tmp_path / name / "final.pt", weights_only=True)
        serial = torch.load(run / name / "final.pt", weights_only=True)
        torch.testing.assert_close(ours, serial, atol=0, rtol=0)
        epochs = [epoch.done for epoch in reported if epoch.stage == name]
        assert epochs == [0, 1, 2], "every epoch is reported, the last one too"


def test_what_a_worker_raises_is_raised_here(tiny: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,patient\nnowhere.png,P1\n")
    place = Place(tmp_path, tmp_path / "run", tiny, tmp_path / "films")
    works = [Finetune("fold0", 0)]
    with pytest.raises(ManifestError, match="row 2, image: no file lies at this path"):
        list(run_side_by_side(works, place, jobs=1, threads=1, report=lambda _: None))
