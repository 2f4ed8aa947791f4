"""Self-training: a finished run grades the films that no reader graded, and another learns them.

The student sees these films strongly changed, the teacher as they are (noisy student: Xie et al.,
CVPR 2020). A student has the teacher of the same fold, or without the same sources, which never
saw what is held out from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset
from radiograde.training.errors import UnfitDataError
from radiograde.training.fit.run_record import check_same_films
from radiograde.training.network.calibration import Calibration
from radiograde.training.network.checkpoints import check_trained, load_members, save_whole
from radiograde.training.network.heads import InputCheckHead
from radiograde.training.network.localise_then_grade import LocaliseThenGrade
from radiograde.training.run_paths import (
    PRETRAINING,
    RunPaths,
    held_out_folds,
    left_out_name,
    member_names,
    model_name,
)

BATCH = 8

SHARED_CHOICES = (
    *("seed", "network", "augment", "loss", "pretrain", "batch_size", "weight_decay", "ema"),
)
"""Two runs that share these choices pretrain alike."""


def check_teacher(
    teacher: Path,
    paths: RunPaths,
    config: TrainConfig,
    dataset: FilmDataset,
    left_out: Sequence[str] = (),
) -> None:
    """Raise unless the teacher knows these films, in these folds, or none of some sources.

    Raises:
        ConfigError: the folder holds no run.
        UnfitDataError: other films, or other folds: a fold's teacher would have seen its films.
        UnfinishedRunError: a model is not trained yet.
    """
    theirs = paths.of_run(teacher)
    their_config = TrainConfig.load(theirs.config)
    folds = their_config.folds
    check_same_films(theirs, dataset)
    if folds != config.folds:
        raise UnfitDataError(
            f"The teacher {teacher} has {folds} folds, this run {config.folds}: its models "
            "would know films that are held out here. Give both the same number."
        )
    models = [left_out_name(*left_out)] if left_out else list(held_out_folds(dataset.fold_numbers))
    for model in models:
        for member in member_names(model, their_config.members):
            check_trained(theirs.weights(member))


def copy_pretraining(teacher: Path, paths: RunPaths, config: TrainConfig) -> None:
    """Copy what the teacher began from into the run, where the run would pretrain alike."""
    theirs = paths.of_run(teacher)
    their_config = TrainConfig.load(theirs.config)
    if any(getattr(their_config, name) != getattr(config, name) for name in SHARED_CHOICES):
        return
    # The boxes last: once they are there, pretraining is done.
    for source, target in (
        (theirs.weights(PRETRAINING), paths.weights(PRETRAINING)),
        (theirs.lung_boxes, paths.lung_boxes),
    ):
        if source.exists():
            save_whole(torch.load(source, weights_only=True), target)


@torch.inference_mode()
def grade_with_teacher(
    teacher: RunPaths,
    dataset: FilmDataset,
    device: torch.device,
    held_out: int | None = None,
    left_out: Sequence[str] = (),
) -> Tensor:
    """Return the zones, extent and opacity (N, 8) that the teacher of a fold finds.

    On frontal films outside the fold and the sources ``left_out`` that are neither graded nor
    known to be normal; NaN elsewhere.
    """
    name = left_out_name(*left_out) if left_out else model_name(held_out)
    members = load_members(teacher, TrainConfig.load(teacher.config), name)
    no_check = InputCheckHead(members[0].summary_size)
    model = LocaliseThenGrade(members, no_check, Calibration()).eval().to(device)
    grades = torch.full((len(dataset.folds), 8), torch.nan)
    films = dataset.outside(held_out, left_out)
    films = films[~dataset.severity[films] & (dataset.targets.clear[films] == 0)]
    for index in films.split(BATCH):
        grading = model(dataset.cache.squares(index).to(device))
        grades[index] = torch.cat([grading.zones, grading.scales], 1).cpu()
    return grades
