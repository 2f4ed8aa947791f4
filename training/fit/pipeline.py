"""The whole run from one command: pretrain, a fine-tune a fold, the shipped model, the gate.

Pretraining sees only patients without a severity label. Each fold's model then learns from the
severity of the other folds alone, so that what ``evaluate`` reports is out of fold.

    RUN/config.yaml       every choice of the run
    RUN/run.json          versions, digests and seconds a stage
    RUN/pretrain/         final.pt once done, last.pt before that
    RUN/fold0/ ...        the same, and the fold's gate
    RUN/final/            the shipped model
"""

from __future__ import annotations

import time
from pathlib import Path

import torch

from radiograde.training import distributed as device
from radiograde.training.config import TrainConfig
from radiograde.training.dataset import sampler as draws
from radiograde.training.dataset import targets
from radiograde.training.dataset.film_dataset import Study, check_same_films, open_study
from radiograde.training.distributed import Machine
from radiograde.training.errors import UnfitDataError
from radiograde.training.fit import pretrain as boxes
from radiograde.training.fit import pseudo_labels as teacher
from radiograde.training.fit.finetune import BOXES, PRETRAINED, Place, finetune, planned
from radiograde.training.fit.loop import Material, Stage, fit, save_whole
from radiograde.training.fit.parallel_folds import run_side_by_side
from radiograde.training.fit.progress import Report, StageBars
from radiograde.training.fit.run_record import RunRecord
from radiograde.training.input_check import train_head as scope_stage
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.run_paths import CONFIG


def train(
    data: Path,
    out: Path,
    config: TrainConfig,
    cache_folder: Path,
    out_of_scope: Path | None = None,
) -> None:
    """Train everything below ``out``; what is done already is not done again.

    ``out_of_scope``: folder of pictures that the gate learns to turn away.

    Raises:
        ManifestError: the manifest has problems.
        UnfitDataError: no film has a lung mask, or the run or its teacher was begun with another
            manifest or other folds.
        ConfigError: the teacher is no run.
    """
    machine = device.start(config)
    if machine.first:
        open_study(data, config, cache_folder)
    device.wait_for_all(machine)
    study = open_study(data, config, cache_folder)
    check_same_films(out, study)
    if not study.targets.has_mask.any():
        raise UnfitDataError(
            "No film has a lung mask, and lungs are learned from masks. Give some in the column "
            "lung_mask, of any patients."
        )
    if config.teacher is not None:
        teacher.check(config.teacher, config, study)
    if machine.first:
        out.mkdir(parents=True, exist_ok=True)
        config.save(out / CONFIG)
    place = Place(data, out, config, cache_folder)
    record = RunRecord(out, study, machine, config.teacher)
    with StageBars(shown=machine.first) as bars:
        _pretrain(place, study, machine, record, bars.show)
        _finetune_all(place, study, machine, record, bars.show)
    if machine.first:
        started = time.monotonic()
        scope_stage.train(place, study, machine, out_of_scope)
        record.add("gate", time.monotonic() - started)
    device.finish(machine)


def _pretrain(
    place: Place, study: Study, machine: Machine, record: RunRecord, report: Report
) -> None:
    """Leave a pretrained network, where there are films for it, and the boxes of all lungs."""
    if (place.run / BOXES).exists():
        return
    started = time.monotonic()
    config = place.config
    if config.teacher is not None and _handed_on(config.teacher, place, machine):
        return
    found = boxes.from_masks(study.cache, study.targets.has_mask, config.network.margin)
    if len(study.pretraining):
        torch.manual_seed(config.seed)
        draw = draws.pretraining(study, config.pretrain)
        stage = Stage("pretrain", place.run / "pretrain", config.pretrain, draw)
        lessons = Material(study.cache, targets.masks_alone(study.targets), found)
        network = fit(SeverityNetwork(config.network), stage, lessons, config, machine, report)
        unmasked = torch.nonzero(study.targets.has_mask == 0)[:, 0]
        found[unmasked] = boxes.from_network(network, study.cache, unmasked, machine)
    if machine.first:
        save_whole(found, place.run / BOXES)
    device.wait_for_all(machine)
    record.add("pretrain", time.monotonic() - started)


def _handed_on(whose: Path, place: Place, machine: Machine) -> bool:
    """Take over what the teacher pretrained; the boxes last, since they say that it is done."""
    if machine.first:
        teacher.hand_on_pretraining(whose, place.run, place.config, [PRETRAINED, Path(BOXES)])
    device.wait_for_all(machine)
    return (place.run / BOXES).exists()


def _finetune_all(
    place: Place, study: Study, machine: Machine, record: RunRecord, report: Report
) -> None:
    works = [
        work
        for work in planned(study, place.config)
        if not (place.run / work.name / "final.pt").exists()
    ]
    threads = torch.get_num_threads()
    jobs = min(len(works), place.config.jobs or threads)
    if machine.device.type == "cpu" and machine.processes == 1 and jobs > 1:
        for name, seconds in run_side_by_side(works, place, jobs, threads, report):
            record.add(name, seconds)
    else:
        for work in works:
            record.add(work.name, finetune(work, place, study, machine, report))
