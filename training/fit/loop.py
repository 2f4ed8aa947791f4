"""The training loop of one network: batches, averaged weights, checkpoints, exact resume."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel
from torch.utils.tensorboard import SummaryWriter

from radiograde.training.config import AugmentConfig, StageConfig, TrainConfig
from radiograde.training.dataset.augment import (
    AugmentedBatch,
    RawBatch,
    augment_batch,
    concatenate,
)
from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.dataset.painting import painted
from radiograde.training.dataset.sampler import EpochSampler
from radiograde.training.dataset.targets import Series, Targets
from radiograde.training.distributed import DistributedContext
from radiograde.training.fit.losses import LossModule, averaged, label_counts, total_loss
from radiograde.training.network.checkpoints import save_whole
from radiograde.training.network.readers import Readers
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.progress import OnProgress, StageProgress
from radiograde.training.run_paths import RunPaths

WARM_UP = 0.05
"""Share of a fit over which the learning rate rises."""

FIRST_RATE, LAST_RATE = 0.02, 0.01
"""Learning rates at either end, as shares of the peak."""

LARGEST_GRADIENT = 2.0
READERS_RATE = 2.0
"""Learning rate of what sets readers apart, as a multiple of the heads': few numbers, few films."""

_Parameters = tuple[Tensor, ...] | list[Tensor]

SHOWN_TERMS = ("total", "lungs", "zones", "extent", "opacity", "clear", "boxes", "opacity_masks")


@dataclass(frozen=True, slots=True)
class FitConfig:
    """One fit: the network's name in the run, how long and fast, and what an epoch shows."""

    name: str
    stage: StageConfig
    sampler: EpochSampler


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is learned from: films, their labels, and boxes (N, 4) around their lungs."""

    cache: FilmCache
    targets: Targets
    boxes: Tensor


@dataclass(frozen=True, slots=True)
class FitContext:
    """What all fits of a run share: where it lies, its choices, this process, who follows it."""

    paths: RunPaths
    config: TrainConfig
    distributed: DistributedContext
    on_progress: OnProgress


def fit_network(
    network: SeverityNetwork, fit: FitConfig, data: TrainingData, context: FitContext
) -> SeverityNetwork:
    """Return the network with averaged weights; a finished or broken-off fit goes on.

    The state after every epoch is on disk; epochs draw their own random numbers, so that a
    resumed run gives what an uninterrupted one would have given.
    """
    weights = context.paths.weights(fit.name)
    if weights.exists():
        network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
        return network
    running = NetworkFit(network, fit, context, data.targets.series)
    running.restore()
    epochs = fit.stage.epochs
    context.on_progress(StageProgress(fit.name, running.epoch, epochs))
    while running.epoch < epochs:
        running.train_epoch(data)
        running.save()
        said = running.describe()
        context.on_progress(StageProgress(fit.name, running.epoch, epochs, said, running.losses))
    averaged = cast(SeverityNetwork, running.averaged.module)
    if context.distributed.is_main:
        save_whole(averaged.state_dict(), weights)
        context.paths.checkpoint(fit.name).unlink(missing_ok=True)
    context.distributed.wait_for_all()
    return averaged


class NetworkFit:
    """The moving parts of a fit in progress."""

    def __init__(
        self,
        network: SeverityNetwork,
        fit: FitConfig,
        context: FitContext,
        series: Sequence[Series],
    ) -> None:
        self.fit, self.config, self.distributed = fit, context.config, context.distributed
        self.path = context.paths.checkpoint(fit.name)
        self.on_progress = context.on_progress
        for block in network.encoder.blocks[: fit.stage.frozen_blocks]:
            block.requires_grad_(False)
        self.network: SeverityNetwork = network.to(
            self.distributed.device, memory_format=torch.channels_last
        ).train()  # type: ignore[call-overload]
        self.averaged = AveragedModel(self.network, multi_avg_fn=warm_average(self.config.ema))
        self.averaged.eval().requires_grad_(False)
        self.readers = Readers(series).to(self.distributed.device)
        self.loss_module: nn.Module = LossModule(self.network, self.readers)
        if self.distributed.world_size > 1:
            self.loss_module = DistributedDataParallel(
                self.loss_module, find_unused_parameters=True
            )
        self.optimiser = torch.optim.AdamW(
            [*_parameter_groups(self.network, fit.stage), _of_readers(self.readers, fit.stage)],
            weight_decay=self.config.weight_decay,
        )
        steps = fit.stage.epochs * len(self._batches(torch.arange(len(fit.sampler))))
        self.scheduler = LambdaLR(self.optimiser, lambda step: warm_cosine(step / max(steps, 1)))
        self.epoch = 0
        self.losses: Mapping[str, float] = {}
        self.board = SummaryWriter(str(self.path.parent)) if self.distributed.is_main else None

    def train_epoch(self, data: TrainingData) -> None:
        """Show the network one epoch's films."""
        seed, name, epochs = self.config.seed, self.fit.name, self.fit.stage.epochs
        rng = generator(seed, name, self.epoch, self.distributed.rank)
        torch.manual_seed(rng.initial_seed())  # dropout draws from the global generator
        # The films of an epoch are the same in every process; each takes its share.
        batches = self._batches(self.fit.sampler.sample(generator(seed, name, self.epoch)))
        sums: dict[str, Tensor] = {}
        for number, index in enumerate(batches, 1):
            for term, value in self._train_step(index, data, rng).items():
                sums[term] = sums[term] + value if term in sums else value
            if number < len(batches):
                self.on_progress(StageProgress(name, self.epoch + number / len(batches), epochs))
        self.epoch += 1
        # Read once an epoch: every number that is read waits for the device.
        self.losses = {term: float(value) / len(batches) for term, value in sums.items()}
        if self.board is not None:
            for term, loss in self.losses.items():
                self.board.add_scalar(f"loss/{term}", loss, self.epoch)
            self.board.flush()

    def _train_step(
        self, index: Tensor, data: TrainingData, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """Learn from one batch of films; return each term of its loss."""
        pseudo = ~data.targets.pseudo_labels[index, 0].isnan()
        parts = (
            (index[~pseudo], self.config.augment),
            (index[pseudo], self.config.augment_pseudo_labelled),
        )
        index = torch.cat([films for films, _ in parts])
        batch = concatenate(
            [self._augmented(films, data, how, rng) for films, how in parts if len(films)]
        )
        targets = data.targets.rows(index, self.distributed.device).mirrored(batch.mirror)
        targets = targets.lungs_alone(batch.painted > 0)
        with self._precision():
            terms = self.loss_module(batch, targets)
        means = averaged(terms, self.distributed.summed(label_counts(terms)))
        loss = total_loss(means, self.config.loss)
        loss = loss + self.config.loss.readers * self.readers.prior()
        self.optimiser.zero_grad(set_to_none=True)
        # Gradients are averaged over processes, and the means are already those of all.
        (loss * self.distributed.world_size).backward()
        nn.utils.clip_grad_norm_(self.loss_module.parameters(), LARGEST_GRADIENT)
        self.optimiser.step()
        self.scheduler.step()
        self.averaged.update_parameters(self.network)
        return {name: term.detach() for name, term in {"total": loss, **means}.items()}

    def _augmented(
        self, films: Tensor, data: TrainingData, how: AugmentConfig, rng: torch.Generator
    ) -> AugmentedBatch:
        cells = torch.from_numpy(data.cache.cells[films.numpy()])
        targets, side = data.targets, self.config.network.pass_size
        raw = RawBatch(cells.to(self.distributed.device), data.boxes[films], targets.boxes[films])
        batch = augment_batch(raw, side, how, rng)
        drawn = torch.rand(len(films), generator=rng) < how.painted
        chosen = drawn & (targets.clear[films] == 1) & (targets.has_mask[films] == 1)
        return painted(batch, torch.nonzero(chosen)[:, 0], rng)

    def _batches(self, films: Tensor) -> Sequence[Tensor]:
        size, processes = self.config.batch_size, self.distributed.world_size
        # Every process must take as many steps as the others, with batches as large as theirs.
        whole = len(films) // (size * processes) * size * processes
        films = films[: whole or len(films) // processes * processes]
        batches: Sequence[Tensor] = films[self.distributed.rank :: processes].split(size)
        return batches

    def _precision(self) -> AbstractContextManager[Any]:
        if not self.distributed.mixed_precision:
            return nullcontext()
        return torch.autocast("cuda", torch.bfloat16)

    def save(self) -> None:
        """Write the state after an epoch, in the main process alone."""
        if self.distributed.is_main:
            state = {name: part.state_dict() for name, part in self._parts().items()}
            save_whole({**state, "epoch": self.epoch}, self.path)

    def restore(self) -> None:
        """Take up the state that ``save`` wrote, where there is one."""
        if not self.path.exists():
            return
        state = torch.load(self.path, map_location=self.distributed.device, weights_only=True)
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.epoch = state["epoch"]

    def _parts(self) -> Mapping[str, Any]:
        return {
            "network": self.network,
            "readers": self.readers,
            "averaged": self.averaged,
            "optimiser": self.optimiser,
            "scheduler": self.scheduler,
        }

    def describe(self) -> str:
        """Return the epoch's losses in a few words."""
        return " ".join(f"{name} {self.losses.get(name, 0.0):.3f}" for name in SHOWN_TERMS)


def warm_cosine(progress: float) -> float:
    """Return the learning rate at a share of the fit, as a share of its peak.

    It rises over the first twentieth, then falls along a cosine (Loshchilov and Hutter, 2017).
    """
    warm = min(1.0, progress / WARM_UP + FIRST_RATE)
    return max(warm * (0.5 + 0.5 * math.cos(math.pi * progress)), LAST_RATE)


def _parameter_groups(network: SeverityNetwork, stage: StageConfig) -> list[dict[str, Any]]:
    """Return the encoder's parameters and the rest, each with its peak learning rate."""
    encoder = {id(parameter) for parameter in network.encoder.parameters()}
    free = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in free if id(p) in encoder], "lr": stage.rate},
        {
            "params": [p for p in free if id(p) not in encoder],
            "lr": stage.rate * stage.head_rate,
        },
    ]


def _of_readers(readers: Readers, stage: StageConfig) -> dict[str, Any]:
    """Return the readers' parameters: no decay, which would pull a reader's noise to 1."""
    return {
        "params": list(readers.parameters()),
        "lr": stage.rate * stage.head_rate * READERS_RATE,
        "weight_decay": 0.0,
    }


def warm_average(decay: float) -> Callable[[_Parameters, _Parameters, Tensor | int], None]:
    """Return the update of averaged weights whose decay rises to ``decay``.

    A short fit would else keep much of the weights that it began with.
    """

    @torch.no_grad()
    def update(averaged: _Parameters, current: _Parameters, steps: Tensor | int) -> None:
        count = int(steps)
        warm = min(decay, (1 + count) / (10 + count))
        torch._foreach_lerp_(averaged, current, 1 - warm)

    return update


def generator(seed: int, *parts: object) -> torch.Generator:
    """Return a generator of its own for every seed and parts, whatever the parts are."""
    text = json.dumps([seed, *map(str, parts)]).encode()
    state = int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1
    return torch.Generator().manual_seed(state)
