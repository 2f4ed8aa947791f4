"""Workers are real processes here: few of them, each of a few steps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from radiograde.data.errors import ManifestError
from radiograde.training.cli import named_sources
from radiograde.training.config import TrainConfig
from radiograde.training.distributed import DistributedContext
from radiograde.training.errors import UnfitDataError
from radiograde.training.fit import finetune
from radiograde.training.fit.finetune import Finetune, Wanted, parallel_folds, planned_finetunes
from radiograde.training.fit.loop import FitContext
from radiograde.training.fit.pretrain import pretraining_without
from radiograde.training.progress import OnProgress, StageProgress
from radiograde.training.run_paths import RunPaths, member_names
from tests.training import shallow_encoder
from tests.training.samples import film, film_dataset

DATASET = film_dataset([film(n) for n in range(6)])


def test_every_fold_and_what_ships_is_trained_as_often_as_there_are_members() -> None:
    assert planned_finetunes(DATASET, TrainConfig()) == [
        Finetune("fold0", 0),
        Finetune("fold1", 1),
        Finetune("fold2", 2),
        Finetune("final", None),
    ]
    twice = planned_finetunes(DATASET, TrainConfig(members=2))
    assert [task.name for task in twice[:2]] == ["fold0", "fold0-2"]
    assert [task.held_out for task in twice] == [0, 0, 1, 1, 2, 2, None, None]


SOURCES = film_dataset(
    [
        film(0, source="graded", geographic_extent=1.0, lung_mask=Path("m.png")),
        film(1, source="graded", geographic_extent=1.0),
        film(2, source="shown", read="normal", lung_mask=Path("m.png")),
        film(3, source="both", geographic_extent=1.0),
        film(4, source="both", lung_mask=Path("m.png")),
    ],
    [0, 1, 1, 0, 1],
)


@pytest.mark.parametrize(
    ("left_out", "pretraining"),
    [
        ((), "pretrain"),
        (("graded",), "pretrain"),
        (("shown",), "without-shown/pretrain"),
        (("both",), "without-both/pretrain"),
        (("graded", "shown"), "without-graded+shown/pretrain"),
    ],
)
def test_a_source_that_pretraining_shows_needs_a_pretraining_without_it(
    left_out: tuple[str, ...], pretraining: str
) -> None:
    assert pretraining_without(SOURCES, left_out) == pretraining


def test_a_model_without_several_sources_is_named_after_them() -> None:
    wanted = Wanted(named_sources("shown, both"))
    assert planned_finetunes(SOURCES, TrainConfig(members=2), wanted) == [
        Finetune("without-both+shown", None, ("both", "shown")),
        Finetune("without-both+shown-2", None, ("both", "shown")),
    ]


@pytest.mark.parametrize(
    ("left_out", "message"),
    [
        ("nowhere", "No film is of the source 'nowhere': choose both, graded, shown"),
        ("both,graded", "Without both, graded no film has a grade"),
    ],
)
def test_a_source_that_cannot_be_left_out_is_told(left_out: str, message: str) -> None:
    with pytest.raises(UnfitDataError, match=message):
        planned_finetunes(SOURCES, TrainConfig(), Wanted(named_sources(left_out)))


def fit_context(paths: RunPaths, config: TrainConfig, on_progress: OnProgress) -> FitContext:
    return FitContext(paths, config, DistributedContext(torch.device("cpu")), on_progress)


@pytest.mark.parametrize("members", [1, 2])
def test_what_is_trained_is_what_a_model_is_put_together_from(members: int) -> None:
    config = TrainConfig(members=members)
    models = ("fold0", "fold1", "fold2", "final")
    names = [name for model in models for name in member_names(model, config.members)]
    assert names == [task.name for task in planned_finetunes(DATASET, config)]


def test_folds_in_parallel_give_what_one_after_the_other_gave(
    run: Path,
    phantoms: Path,
    tiny: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finetune, "_finetune_alone", shallow_encoder.finetune_alone)
    shutil.copytree(run / "pretrain", tmp_path / "pretrain")
    paths = RunPaths(phantoms, tmp_path, run.parent / "films")
    shutil.copy(paths.of_run(run).lung_boxes, paths.lung_boxes)
    tasks = [Finetune("fold0", 0), Finetune("fold1", 1)]
    reported: list[StageProgress] = []
    context = fit_context(paths, tiny, reported.append)
    done = dict(parallel_folds(tasks, context, jobs=2, threads=2))
    assert done.keys() == {"fold0", "fold1"}
    assert all(seconds > 0 for seconds in done.values())
    for name in done:
        ours = torch.load(tmp_path / name / "final.pt", weights_only=True)
        serial = torch.load(run / name / "final.pt", weights_only=True)
        torch.testing.assert_close(ours, serial, atol=0, rtol=0)
        steps = [progress.done for progress in reported if progress.stage == name]
        assert steps == sorted(steps)
        assert [one for one in steps if one % 1 == 0] == [0, 1, 2], "the last one too"
        assert any(one % 1 for one in steps), "parts of an epoch are reported"


def test_what_a_worker_raises_is_raised_here(tiny: TrainConfig, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,patient\nnowhere.png,P1\n")
    paths = RunPaths(tmp_path, tmp_path / "run", tmp_path / "films")
    context = fit_context(paths, tiny, lambda _: None)
    with pytest.raises(ManifestError, match="row 2, image: no file lies at this path"):
        list(parallel_folds([Finetune("fold0", 0)], context, jobs=1, threads=1))
