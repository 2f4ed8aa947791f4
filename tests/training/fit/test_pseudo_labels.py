from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from radiograde.command import main
from radiograde.training import distributed as device
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import Study, open_study
from radiograde.training.errors import ConfigError, UnfinishedRunError, UnfitDataError
from radiograde.training.fit import finetune, pipeline
from radiograde.training.fit import pseudo_labels as teacher
from radiograde.training.network.checkpoints import assemble


@pytest.fixture(scope="module")
def opened(phantoms: Path, run: Path, tiny: TrainConfig) -> Study:
    return open_study(phantoms, tiny, run.parent / "films")


def test_a_teacher_grades_what_no_reader_graded_outside_the_fold(
    run: Path, tiny: TrainConfig, opened: Study
) -> None:
    grades = teacher.grades(run, 1, opened, device.start(tiny))
    asked = ~opened.severity & (opened.folds != 1) & (opened.targets.clear == 0) & ~opened.lateral
    assert 0 < int(asked.sum()) < len(asked)
    assert torch.equal(~grades.isnan().any(1), asked)
    film = int(torch.nonzero(asked)[0])
    square = torch.tensor(opened.cache.cells[film : film + 1, :1]).float() / 255
    with torch.no_grad():
        own, other = (assemble(run, tiny, fold)(square) for fold in ("fold1", "fold0"))
    torch.testing.assert_close(grades[film, :6], own.zones[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(grades[film, 6:], own.scales[0], atol=1e-4, rtol=0)
    assert not torch.allclose(grades[film, :6], other.zones[0], atol=1e-4)


def test_a_student_begins_where_its_teacher_began_and_learns_what_it_grades(
    phantoms: Path, out_of_scope: Path, run: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    stage = tiny.finetune.model_copy(update={"epochs": 1, "taught": 6})
    tiny.model_copy(update={"finetune": stage}).save(tmp_path / "student.yaml")
    command = ["train", "--data", str(phantoms), "--out", str(tmp_path / "student")]
    command += ["--config", str(tmp_path / "student.yaml"), "--teacher", str(run)]
    command += ["--cache", str(run.parent / "films"), "--out-of-scope", str(out_of_scope)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    student = tmp_path / "student"
    assert TrainConfig.load(student / "config.yaml").teacher == run.resolve()
    for part in (finetune.PRETRAINED, finetune.BOXES):
        theirs, ours = (torch.load(place / part, weights_only=True) for place in (run, student))
        torch.testing.assert_close(ours, theirs, atol=0, rtol=0)
    for fold in ("fold0", "fold1", "final"):
        assert torch.load(student / fold / finetune.TAUGHT, weights_only=True).shape[1] == 8
        assert (student / fold / "scope.pt").exists()
    # Given again without --teacher, the command knows it from the run.
    again = CliRunner().invoke(main, [*command[:5], *command[9:]])
    assert again.exit_code == 0, again.output


def test_another_pretraining_is_not_taken_over(
    run: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    other = tiny.model_copy(update={"seed": 7})
    teacher.hand_on_pretraining(run, tmp_path, other, [finetune.PRETRAINED])
    assert not list(tmp_path.iterdir())


def test_what_cannot_teach_is_told_before_anything_is_trained(
    phantoms: Path, run: Path, tiny: TrainConfig, opened: Study, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        teacher.check(tmp_path, tiny, opened)
    with pytest.raises(UnfitDataError, match="2 folds, this run 3"):
        teacher.check(run, tiny.model_copy(update={"folds": 3}), opened)
    tiny.save(tmp_path / "config.yaml")
    with pytest.raises(UnfinishedRunError, match="not trained yet"):
        teacher.check(tmp_path, tiny, opened)
    config = tiny.model_copy(update={"teacher": tmp_path})
    with pytest.raises(UnfinishedRunError):
        pipeline.train(phantoms, tmp_path / "student", config, run.parent / "films")
    assert not (tmp_path / "student").exists(), "another teacher may be tried in the same folder"
