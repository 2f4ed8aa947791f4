from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from radiograde.command import main
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset, open_dataset
from radiograde.training.errors import ConfigError, UnfinishedRunError, UnfitDataError
from radiograde.training.fit import pipeline
from radiograde.training.fit.pseudo_labels import (
    check_teacher,
    copy_pretraining,
    grade_with_teacher,
)
from radiograde.training.network.checkpoints import load_model, save_whole
from radiograde.training.run_paths import RunPaths, left_out_name


@pytest.fixture(scope="module")
def paths(phantoms: Path, run: Path) -> RunPaths:
    """Return the paths of the finished run, which is the teacher here."""
    return RunPaths(phantoms, run, run.parent / "films")


@pytest.fixture(scope="module")
def dataset(paths: RunPaths, tiny: TrainConfig) -> FilmDataset:
    return open_dataset(paths, tiny)


def test_a_teacher_grades_what_no_reader_graded_outside_the_fold(
    paths: RunPaths, tiny: TrainConfig, dataset: FilmDataset
) -> None:
    grades = grade_with_teacher(paths, dataset, torch.device("cpu"), held_out=1)
    ungraded = ~dataset.severity & (dataset.targets.clear == 0) & ~dataset.lateral
    chosen = ungraded & (dataset.folds != 1)
    assert 0 < int(chosen.sum()) < len(chosen)
    assert torch.equal(~grades.isnan().any(1), chosen)
    film = int(torch.nonzero(chosen)[0])
    square = torch.tensor(dataset.cache.cells[film : film + 1, :1]).float() / 255
    with torch.no_grad():
        own, other = (load_model(paths, tiny, fold)(square) for fold in ("fold1", "fold0"))
    torch.testing.assert_close(grades[film, :6], own.zones[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(grades[film, 6:], own.scales[0], atol=1e-4, rtol=0)
    assert not torch.allclose(grades[film, :6], other.zones[0], atol=1e-4)


def test_a_student_begins_where_its_teacher_began_and_learns_what_it_grades(
    paths: RunPaths, out_of_scope: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    stage = tiny.finetune.model_copy(update={"epochs": 1, "pseudo_labelled": 6})
    tiny.model_copy(update={"finetune": stage}).save(tmp_path / "student.yaml")
    command = ["train", "--data", str(paths.data), "--out", str(tmp_path / "student")]
    command += ["--config", str(tmp_path / "student.yaml"), "--teacher", str(paths.run)]
    command += ["--cache", str(paths.cache), "--out-of-scope", str(out_of_scope)]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    student = paths.of_run(tmp_path / "student")
    assert TrainConfig.load(student.config).teacher == paths.run.resolve()
    for theirs, ours in (
        (paths.weights("pretrain"), student.weights("pretrain")),
        (paths.lung_boxes, student.lung_boxes),
    ):
        loaded = (torch.load(part, weights_only=True) for part in (ours, theirs))
        torch.testing.assert_close(*loaded, atol=0, rtol=0)
    for model in ("fold0", "fold1", "final"):
        assert torch.load(student.pseudo_labels(model), weights_only=True).shape[1] == 8
        assert student.input_check(model).exists()
    # Given again without --teacher, the command knows it from the run.
    again = CliRunner().invoke(main, [*command[:5], *command[9:]])
    assert again.exit_code == 0, again.output


def test_a_student_without_a_source_needs_a_teacher_without_it(
    paths: RunPaths, tiny: TrainConfig, dataset: FilmDataset, tmp_path: Path
) -> None:
    source = next(name for name in dataset.sources if name)
    with pytest.raises(UnfinishedRunError, match="not trained yet"):
        check_teacher(paths.run, paths, tiny, dataset, [source])
    teacher = paths.of_run(tmp_path)
    tiny.save(teacher.config)
    save_whole(
        torch.load(paths.weights("fold0"), weights_only=True),
        teacher.weights(left_out_name(source)),
    )
    teacher.record.write_bytes(paths.record.read_bytes())
    check_teacher(teacher.run, paths, tiny, dataset, [source])
    grades = grade_with_teacher(teacher, dataset, torch.device("cpu"), left_out=[source])
    ungraded = ~dataset.severity & (dataset.targets.clear == 0) & ~dataset.lateral
    elsewhere = dataset.elsewhere([source])
    assert (ungraded & ~elsewhere).any()
    assert torch.equal(~grades.isnan().any(1), ungraded & elsewhere)


def test_another_pretraining_is_not_taken_over(
    paths: RunPaths, tiny: TrainConfig, tmp_path: Path
) -> None:
    other = tiny.model_copy(update={"seed": 7})
    copy_pretraining(paths.run, paths.of_run(tmp_path), other)
    assert not list(tmp_path.iterdir())
    copy_pretraining(paths.run, paths.of_run(tmp_path), tiny)
    assert paths.of_run(tmp_path).lung_boxes.exists()


def test_what_cannot_be_a_teacher_is_said_before_anything_is_trained(
    paths: RunPaths, tiny: TrainConfig, dataset: FilmDataset, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        check_teacher(tmp_path, paths, tiny, dataset)
    with pytest.raises(UnfitDataError, match="2 folds, this run 3"):
        check_teacher(paths.run, paths, tiny.model_copy(update={"folds": 3}), dataset)
    tiny.save(tmp_path / "config.yaml")
    with pytest.raises(UnfinishedRunError, match="not trained yet"):
        check_teacher(tmp_path, paths, tiny, dataset)
    config = tiny.model_copy(update={"teacher": tmp_path})
    with pytest.raises(UnfinishedRunError):
        pipeline.train(paths.of_run(tmp_path / "student"), config)
    assert not (tmp_path / "student").exists(), "another teacher may be tried in the same folder"
