"""The whole run from one command: pretrain, a fine-tune a fold, the shipped model, input checks.

Pretraining sees only patients without a severity label. Each fold's model then learns from the
severity of the other folds alone, so that what ``evaluate`` reports is out of fold.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import click
import torch

from radiograde.data.check import check_undecoded
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset, manifest_of, open_dataset
from radiograde.training.distributed import DistributedContext
from radiograde.training.fit.beginning import check_unseen
from radiograde.training.fit.finetune import (
    EVERYTHING,
    Finetune,
    Wanted,
    finetune,
    parallel_folds,
    planned_finetunes,
)
from radiograde.training.fit.loop import FitContext
from radiograde.training.fit.pretrain import pretrain, pretraining_without
from radiograde.training.fit.pseudo_labels import check_teacher
from radiograde.training.fit.run_record import (
    DECODING,
    INPUT_CHECK_STAGE,
    RunRecord,
    check_same_films,
)
from radiograde.training.input_check.train_head import train_input_checks
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.progress import OnProgress, ProgressBars, StageProgress
from radiograde.training.run_paths import FINAL, RunPaths
from radiograde.training.tracking import NoTracker, Tracker, tracked

LARGEST_MB = 25.0
"""What export writes at most."""


def train(
    paths: RunPaths,
    config: TrainConfig,
    wanted: Wanted = EVERYTHING,
) -> None:
    """Train everything below ``paths.run``; what is done already is not done again.

    ``wanted``: what of the run is trained. Each model of a fold, and what ships, has its input
    check.

    Raises:
        ManifestError: the manifest has problems, or lacks what training needs.
        UnfitDataError: the run or its teacher was begun with another manifest or other folds, or
            there is no such model or source.
        ConfigError: there is no such encoder, the teacher is no run, or the run begins with
            something that may have seen a source that it leaves out.
        UnfinishedRunError: the teacher is not trained yet.
    """
    megabytes = exported_megabytes(config)
    check_unseen(config, wanted.left_out)
    distributed = DistributedContext.start(config)
    if distributed.is_main and megabytes > LARGEST_MB:
        click.echo(
            f"The exported model will have about {megabytes:.0f} MB; export writes no more than "
            f"{LARGEST_MB:g}. Train on if it is not to be exported.",
            err=True,
        )
    started = time.monotonic()
    dataset = _open_once(paths, config, distributed)
    decoding = time.monotonic() - started
    check_same_films(paths, dataset)
    if config.teacher is not None:
        check_teacher(config.teacher, paths, config, dataset, wanted.left_out)
    tasks = planned_finetunes(dataset, config, wanted)
    if distributed.is_main:
        paths.run.mkdir(parents=True, exist_ok=True)
        config.save(paths.config)
    record = RunRecord(paths, dataset, distributed, config.teacher)
    record.add(DECODING, decoding)
    with _tracked(paths, config, dataset, distributed) as tracker:
        with ProgressBars(shown=distributed.is_main) as bars:
            context = FitContext(paths, config, distributed, _heard_by(bars, tracker))
            started = time.monotonic()
            if pretrain(dataset, context, wanted.left_out):
                name = pretraining_without(dataset, wanted.left_out)
                record.add(name, time.monotonic() - started)
            _finetune_all(tasks, dataset, context, record)
        if distributed.is_main and not wanted.left_out:
            started = time.monotonic()
            train_input_checks(paths, config, dataset, distributed, wanted.only)
            record.add(INPUT_CHECK_STAGE, time.monotonic() - started)
        for path in (paths.config, paths.record):
            tracker.file(path)
        tracker.file(paths.weights(FINAL), FINAL)
    distributed.leave()


def _tracked(
    paths: RunPaths, config: TrainConfig, dataset: FilmDataset, distributed: DistributedContext
) -> AbstractContextManager[Tracker]:
    """Return what records the run; of several processes the main one does."""
    if not distributed.is_main:
        return nullcontext(NoTracker())
    parameters = {
        "films": len(dataset.manifest.films),
        "films_sha256": dataset.manifest.digest,
        "device": str(distributed.device),
        "processes": distributed.world_size,
        "config": config.model_dump(mode="json"),
    }
    return tracked("train", paths.run.name, parameters, paths.run)


def _heard_by(bars: ProgressBars, tracker: Tracker) -> OnProgress:
    def hear(progress: StageProgress) -> None:
        bars.show(progress)
        losses = {f"{progress.stage}/{term}": loss for term, loss in progress.losses.items()}
        tracker.metrics(losses, int(progress.done))

    return hear


def exported_megabytes(config: TrainConfig) -> float:
    """Return about how large the exported file will be; its weights are nearly all of it.

    Raises:
        ConfigError: there is no such encoder.
    """
    network = SeverityNetwork(config.network, pretrained=False)
    weights = sum(weight.numel() * weight.element_size() for weight in network.parameters())
    return config.members * weights / 1e6


def _open_once(
    paths: RunPaths, config: TrainConfig, distributed: DistributedContext
) -> FilmDataset:
    """Return the films; the main process decodes them, the others wait for that.

    Raises ManifestError; what needs no pixel is seen before any film of a new run is decoded.
    """
    if distributed.is_main:
        manifest = manifest_of(paths, config)
        if not paths.record.exists():
            check_undecoded(manifest)
        open_dataset(paths, config)
    distributed.wait_for_all()
    return open_dataset(paths, config)


def _finetune_all(
    tasks: Sequence[Finetune], dataset: FilmDataset, context: FitContext, record: RunRecord
) -> None:
    config, distributed = context.config, context.distributed
    tasks = [task for task in tasks if not context.paths.weights(task.name).exists()]
    threads = torch.get_num_threads()
    jobs = min(len(tasks), config.jobs or threads)
    if distributed.device.type == "cpu" and distributed.world_size == 1 and jobs > 1:
        for name, seconds in parallel_folds(tasks, context, jobs, threads):
            record.add(name, seconds)
    else:
        for task in tasks:
            record.add(task.name, finetune(task, dataset, context))
