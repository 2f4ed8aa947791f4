"""One fine-tune: from what pretraining left to a network that knows severity."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from radiograde.training import distributed as device
from radiograde.training.config import TrainConfig
from radiograde.training.dataset import sampler as draws
from radiograde.training.dataset import targets
from radiograde.training.dataset.film_dataset import Study, open_study
from radiograde.training.distributed import Machine
from radiograde.training.fit import pseudo_labels as teachers
from radiograde.training.fit.loop import Material, Stage, fit, save_whole
from radiograde.training.fit.progress import Epoch, Report
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.run_paths import member_names, stages

PRETRAINED = Path("pretrain") / "final.pt"
BOXES = "boxes.pt"
TAUGHT = "taught.pt"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run's films and results are, and its configuration: all that a process needs."""

    data: Path
    run: Path
    config: TrainConfig
    cache: Path


@dataclass(frozen=True, slots=True)
class Finetune:
    """A network to train: its folder below the run, and the fold that it never sees."""

    name: str
    held_out: int | None


def planned(study: Study, config: TrainConfig) -> list[Finetune]:
    """Return a run's fine-tunes: every fold, then what ships, each ``members`` times."""
    return [
        Finetune(name, held_out)
        for stage, held_out in stages(study.fold_numbers).items()
        for name in member_names(stage, config.members)
    ]


def finetune(work: Finetune, place: Place, study: Study, machine: Machine, report: Report) -> float:
    """Train one network, or go on with it; return the seconds that it took."""
    started = time.monotonic()
    config = place.config
    torch.manual_seed(config.seed)
    network = SeverityNetwork(config.network)
    if (pretrained := place.run / PRETRAINED).exists():
        network.load_state_dict(torch.load(pretrained, map_location="cpu", weights_only=True))
    boxes = torch.load(place.run / BOXES, weights_only=True)
    learned = targets.bridged(study.targets, study.outside(work.held_out))
    if config.teacher is not None:
        report(Epoch(work.name, 0, config.finetune.epochs, "its teacher grades films"))
        learned = replace(learned, taught=_taught(work, place, config.teacher, study, machine))
    stage = Stage(
        work.name,
        place.run / work.name,
        config.finetune,
        draws.finetune(study, config.finetune, work.held_out, config.teacher is not None),
    )
    fit(network, stage, Material(study.cache, learned, boxes), config, machine, report)
    return time.monotonic() - started


def _taught(work: Finetune, place: Place, teacher: Path, study: Study, machine: Machine) -> Tensor:
    """Return what the teacher of the same fold grades, and keep it for when training goes on."""
    kept = place.run / work.name / TAUGHT
    if kept.exists():
        return cast(Tensor, torch.load(kept, weights_only=True))
    grades = teachers.grades(teacher, work.held_out, study, machine)
    if machine.first:
        kept.parent.mkdir(parents=True, exist_ok=True)
        save_whole(grades, kept)
    return grades


def finetune_alone(work: Finetune, place: Place, threads: int, report: Report) -> float:
    """Do the same in a process of its own, on ``threads`` CPU threads."""
    machine = device.start(place.config.model_copy(update={"threads": threads}))
    study = open_study(place.data, place.config, place.cache)
    return finetune(work, place, study, machine, report)
