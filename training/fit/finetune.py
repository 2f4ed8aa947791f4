"""Fine-tunes: from what pretraining left to networks that know severity, a fold held out each."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import wait as wait_for
from multiprocessing.managers import SyncManager
from queue import Empty
from typing import NamedTuple, cast

import torch
from torch import Tensor

from radiograde.training.config import TrainConfig
from radiograde.training.dataset.film_dataset import FilmDataset, open_dataset
from radiograde.training.dataset.sampler import finetune_sampler
from radiograde.training.dataset.targets import impute_brixia
from radiograde.training.distributed import DistributedContext
from radiograde.training.errors import UnfitDataError
from radiograde.training.fit.beginning import begin_from
from radiograde.training.fit.loop import FitConfig, FitContext, TrainingData, fit_network
from radiograde.training.fit.pretrain import pretraining_without
from radiograde.training.fit.pseudo_labels import grade_with_teacher
from radiograde.training.network.checkpoints import save_whole
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.progress import OnProgress, StageProgress
from radiograde.training.run_paths import (
    PRETRAINING,
    RunPaths,
    held_out_folds,
    left_out_name,
    member_names,
)

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Finetune:
    """A network to train: its name in the run, and the fold or the sources that it never sees."""

    name: str
    held_out: int | None
    left_out: tuple[str, ...] = ()


class Wanted(NamedTuple):
    """What to train of a run: the model without some sources, or ``only`` some models, or all."""

    left_out: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


EVERYTHING = Wanted()


def planned_finetunes(
    dataset: FilmDataset, config: TrainConfig, wanted: Wanted = EVERYTHING
) -> list[Finetune]:
    """Return a run's fine-tunes: every fold, then what ships, each ``members`` times.

    Raises:
        UnfitDataError: a source or a model that there is not, or nothing without the source.
    """
    if wanted.left_out:
        _check_sources(dataset, wanted.left_out)
        names = member_names(left_out_name(*wanted.left_out), config.members)
        return [Finetune(name, None, wanted.left_out) for name in names]
    models = held_out_folds(dataset.fold_numbers)
    if unknown := set(wanted.only) - {PRETRAINING, *models}:
        raise UnfitDataError(
            f"No model of this run is called {', '.join(sorted(unknown))}: choose "
            f"{', '.join((PRETRAINING, *models))}."
        )
    return [
        Finetune(name, held_out)
        for model, held_out in models.items()
        for name in member_names(model, config.members)
        if not wanted.only or model in wanted.only
    ]


def _check_sources(dataset: FilmDataset, left_out: tuple[str, ...]) -> None:
    for source in left_out:
        if source not in dataset.sources:
            known = ", ".join(filter(None, dataset.sources))
            raise UnfitDataError(f"No film is of the source {source!r}: choose {known}.")
    others = dataset.outside(None, left_out)
    if not (dataset.severity[others].any() and (dataset.targets.has_mask[others] == 1).any()):
        raise UnfitDataError(
            f"Without {', '.join(left_out)} no film has a grade, or none has a lung mask."
        )


def finetune(task: Finetune, dataset: FilmDataset, context: FitContext) -> float:
    """Train one network, or go on with it; return the seconds that it took."""
    started = time.monotonic()
    paths, config = context.paths, context.config
    torch.manual_seed(config.seed)
    network = SeverityNetwork(config.network, pretrained=False)
    pretraining = pretraining_without(dataset, task.left_out)
    begin_from(network, paths.weights(pretraining))
    boxes = torch.load(paths.boxes_of(pretraining), weights_only=True)
    targets = impute_brixia(dataset.targets, dataset.outside(task.held_out, task.left_out))
    if config.teacher is not None:
        teacher = paths.of_run(config.teacher)
        grades = _pseudo_labels(teacher, task, dataset, context)
        targets = replace(targets, pseudo_labels=grades)
    sampler = finetune_sampler(
        dataset,
        config.finetune,
        task.held_out,
        left_out=task.left_out,
        pseudo_labels=config.teacher is not None,
    )
    fit = FitConfig(task.name, config.finetune, sampler)
    fit_network(network, fit, TrainingData(dataset.cache, targets, boxes), context)
    return time.monotonic() - started


def _pseudo_labels(
    teacher: RunPaths, task: Finetune, dataset: FilmDataset, context: FitContext
) -> Tensor:
    """Return what the teacher of the same fold grades, and keep it for when training goes on."""
    epochs = context.config.finetune.epochs
    context.on_progress(StageProgress(task.name, 0, epochs, "its teacher grades films"))
    kept = context.paths.pseudo_labels(task.name)
    if kept.exists():
        return cast(Tensor, torch.load(kept, weights_only=True))
    grades = grade_with_teacher(
        teacher, dataset, context.distributed.device, task.held_out, task.left_out
    )
    if context.distributed.is_main:
        save_whole(grades, kept)
    return grades


def parallel_folds(
    tasks: Sequence[Finetune], context: FitContext, jobs: int, threads: int
) -> Iterator[tuple[str, float]]:
    """Yield each fine-tune's name and seconds as it ends, ``jobs`` at a time.

    Each has its own process and share of ``threads``: on a CPU, two with a core each take less
    time than one after the other on two cores. What one raises is raised here.
    """
    spawning = multiprocessing.get_context("spawn")
    share = max(1, threads // jobs)
    manager = SyncManager(ctx=spawning)
    manager.start(end_with_parent)
    with (
        manager,
        ProcessPoolExecutor(jobs, spawning, initializer=end_with_parent) as executor,
    ):
        progress = manager.Queue()
        waiting: dict[Future[float], str] = {
            executor.submit(
                _finetune_alone, task, context.paths, context.config, share, progress.put
            ): task.name
            for task in tasks
        }
        try:
            while waiting:
                with contextlib.suppress(Empty):
                    context.on_progress(progress.get(timeout=POLL_SECONDS))
                for done in [future for future in waiting if future.done()]:
                    yield waiting.pop(done), done.result()
            while not progress.empty():
                context.on_progress(progress.get())
        except BaseException:
            executor.shutdown(wait=False, cancel_futures=True)
            raise


def end_with_parent() -> None:
    """Have this process end when its parent does, however that one ends.

    A run that was killed goes on by the same command: nobody else may still write into it.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _finetune_alone(
    task: Finetune, paths: RunPaths, config: TrainConfig, threads: int, on_progress: OnProgress
) -> float:
    """Train one network in a process of its own, on ``threads`` CPU threads."""
    distributed = DistributedContext.start(config.model_copy(update={"threads": threads}))
    context = FitContext(paths, config, distributed, on_progress)
    return finetune(task, open_dataset(paths, config), context)
