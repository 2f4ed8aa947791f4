"""Self-training: a finished run grades the films that no reader graded, and another learns them.

The student sees these films strongly changed, the teacher as they are (noisy student: Xie et al.,
CVPR 2020). A fold's student has the teacher of the same fold, which never saw its severity.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import Study, check_same_films
from radiograde.training.distributed import Machine
from radiograde.training.errors import UnfitDataError
from radiograde.training.fit.loop import check_trained, save_whole
from radiograde.training.network.checkpoints import SCOPE, assemble
from radiograde.training.run_paths import stage_name, stages

BATCH = 8

ALIKE = ("seed", "network", "augment", "loss", "pretrain", "batch_size", "weight_decay", "ema")
"""Two runs that share these choices pretrain alike."""


def check(teacher: Path, config: TrainConfig, study: Study) -> None:
    """Raise unless the teacher knows these films, in these folds.

    Raises:
        ConfigError: the folder holds no run.
        UnfitDataError: other films, or other folds: a fold's teacher would have seen its films.
        UnfinishedRunError: a model or its gate is not trained yet.
    """
    theirs = TrainConfig.of_run(teacher)
    check_same_films(teacher, study)
    if theirs.folds != config.folds:
        raise UnfitDataError(
            f"The teacher {teacher} has {theirs.folds} folds, this run {config.folds}: its models "
            "would know films that are held out here. Give both the same number."
        )
    for name in stages(study.fold_numbers):
        check_trained(teacher / name / SCOPE)


def hand_on_pretraining(
    teacher: Path, run: Path, config: TrainConfig, parts: Sequence[Path]
) -> None:
    """Copy what the teacher began from into the run, where the run would pretrain alike."""
    theirs = TrainConfig.of_run(teacher)
    if any(getattr(theirs, name) != getattr(config, name) for name in ALIKE):
        return
    for part in parts:
        if (teacher / part).exists():
            (run / part).parent.mkdir(parents=True, exist_ok=True)
            save_whole(torch.load(teacher / part, weights_only=True), run / part)


@torch.inference_mode()
def grades(teacher: Path, held_out: int | None, study: Study, machine: Machine) -> Tensor:
    """Return the zones, extent and opacity (N, 8) that the teacher of a fold finds.

    On frontal films outside the fold that are neither graded nor known to be clear; NaN elsewhere.
    """
    config = TrainConfig.of_run(teacher)
    looks = assemble(teacher, config, stage_name(held_out)).to(machine.device)
    films = study.outside(held_out)
    films = films[~study.severity[films] & (study.targets.clear[films] == 0)]
    found = torch.full((len(study.folds), 8), torch.nan)
    for index in films.split(BATCH):
        squares = torch.from_numpy(np.asarray(study.cache.cells[index.numpy(), :1])).float() / 255
        grading = looks(squares.to(machine.device))
        found[index] = torch.cat([grading.zones, grading.scales], 1).cpu()
    return found
