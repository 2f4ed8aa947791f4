"""The training loop of one stage: batches, averaged weights, checkpoints, exact resume."""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.tensorboard import SummaryWriter

from radiograde.training.config import AugmentConfig, StageConfig, TrainConfig
from radiograde.training.dataset import augment
from radiograde.training.dataset.film_cache import FilmCache
from radiograde.training.dataset.sampler import Draw
from radiograde.training.dataset.targets import Targets
from radiograde.training.distributed import Machine, wait_for_all
from radiograde.training.errors import UnfinishedRunError
from radiograde.training.fit import losses
from radiograde.training.fit.progress import Epoch, Report
from radiograde.training.network.severity_network import SeverityNetwork


@dataclass(frozen=True, slots=True)
class Stage:
    """One fit: where it is kept, how long, and which films an epoch shows.

    ``draw``: epoch's generator -> film indices, in the order shown.
    """

    name: str
    folder: Path
    config: StageConfig
    draw: Draw


@dataclass(frozen=True, slots=True)
class Material:
    """What is learned from: films, their labels, and boxes (N, 4) around their lungs."""

    cache: FilmCache
    targets: Targets
    boxes: Tensor


def fit(
    network: SeverityNetwork,
    stage: Stage,
    material: Material,
    config: TrainConfig,
    machine: Machine,
    report: Report,
) -> SeverityNetwork:
    """Return the averaged network after the stage; a finished or broken-off stage goes on.

    The state after every epoch is in ``stage.folder``; epochs draw their own random numbers, so
    that a resumed run gives what an uninterrupted one would have given.
    """
    final = stage.folder / "final.pt"
    if final.exists():
        network.load_state_dict(torch.load(final, map_location="cpu", weights_only=True))
        return network
    run = _Run.start(network, stage, config, machine)
    report(Epoch(stage.name, run.epoch, stage.config.epochs))
    while run.epoch < stage.config.epochs:
        run.train_epoch(stage, material)
        if machine.first:
            run.save(stage.folder / "last.pt")
        report(Epoch(stage.name, run.epoch, stage.config.epochs, run.describe()))
    if machine.first:
        save_whole(run.average.state_dict(), final)
        (stage.folder / "last.pt").unlink(missing_ok=True)
    wait_for_all(machine)
    return run.average


class Lesson(nn.Module):
    """The network together with what is asked of it: one forward pass touches every parameter."""

    def __init__(self, network: SeverityNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: augment.Batch, targets: Targets) -> dict[str, Tensor]:
        """Return each term of the loss by name."""
        look = self.network(batch.looks.contiguous(memory_format=torch.channels_last))
        return losses.terms(look, batch.lungs, targets, self.network.readers)


class _Run:
    """The moving parts of a stage in progress."""

    def __init__(
        self, network: SeverityNetwork, stage: Stage, config: TrainConfig, machine: Machine
    ) -> None:
        self.config, self.machine = config, machine
        for block in network.encoder.blocks[: stage.config.frozen_blocks]:
            block.requires_grad_(False)
        self.network: SeverityNetwork = network.to(
            machine.device, memory_format=torch.channels_last
        ).train()  # type: ignore[call-overload]
        self.average: SeverityNetwork = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.lesson: nn.Module = Lesson(self.network)
        if machine.processes > 1:
            self.lesson = DistributedDataParallel(self.lesson, find_unused_parameters=True)
        self.optimiser = torch.optim.AdamW(
            _groups(self.network, stage.config), weight_decay=config.weight_decay
        )
        self.epoch = 0
        self.losses: dict[str, float] = {}
        self.board = SummaryWriter(str(stage.folder)) if machine.first else None

    @classmethod
    def start(
        cls, network: SeverityNetwork, stage: Stage, config: TrainConfig, machine: Machine
    ) -> _Run:
        stage.folder.mkdir(parents=True, exist_ok=True)
        run = cls(network, stage, config, machine)
        last = stage.folder / "last.pt"
        if last.exists():
            run.restore(torch.load(last, map_location=machine.device, weights_only=True))
        return run

    def train_epoch(self, stage: Stage, material: Material) -> None:
        """Show the network one epoch's films."""
        rng = _generator(self.config.seed, stage.name, self.epoch, self.machine.rank)
        torch.manual_seed(rng.initial_seed())  # dropout draws from the global generator
        # The films of an epoch are the same in every process; each takes its share.
        shared = _generator(self.config.seed, stage.name, self.epoch)
        batches = list(self._batches(stage.draw(shared)))
        sums: dict[str, float] = defaultdict(float)
        for step, index in enumerate(batches):
            self._set_rate(stage.config, (self.epoch + step / len(batches)) / stage.config.epochs)
            for name, value in self.train_step(index, material, rng).items():
                sums[name] += value / len(batches)
        self.epoch += 1
        self.losses = dict(sums)
        if self.board is not None:
            for name, value in sums.items():
                self.board.add_scalar(f"loss/{name}", value, self.epoch)
            self.board.flush()

    def train_step(
        self, index: Tensor, material: Material, rng: torch.Generator
    ) -> dict[str, float]:
        """Learn from one batch of films; return each term of its loss."""
        taught = ~material.targets.taught[index, 0].isnan()
        parts = ((index[~taught], self.config.augment), (index[taught], self.config.augment_taught))
        index = torch.cat([films for films, _ in parts])
        batch = augment.joined(
            [self._looks(films, material, how, rng) for films, how in parts if len(films)]
        )
        targets = material.targets.rows(index, self.machine.device).mirrored(batch.mirror)
        with self._precision():
            terms = self.lesson(batch, targets)
        loss = losses.total(terms, self.config.loss)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimiser.step()
        self._average_weights()
        return {name: float(term.detach()) for name, term in {"total": loss, **terms}.items()}

    def _looks(
        self, films: Tensor, material: Material, how: AugmentConfig, rng: torch.Generator
    ) -> augment.Batch:
        cells = torch.from_numpy(np.asarray(material.cache.cells[films.numpy()]))
        cells, boxes = cells.to(self.machine.device), material.boxes[films]
        return augment.looks(cells, boxes, self.config.network.look_size, how, rng)

    def _batches(self, films: Tensor) -> Iterator[Tensor]:
        size, processes = self.config.batch_size, self.machine.processes
        # Every process must take as many steps as the others, with batches as large as theirs.
        whole = len(films) // (size * processes) * size * processes
        films = films[: whole or len(films) // processes * processes]
        yield from films[self.machine.rank :: processes].split(size)

    def _precision(self) -> AbstractContextManager[Any]:
        if not self.machine.mixed:
            return nullcontext()
        return torch.autocast("cuda", torch.bfloat16)

    def _set_rate(self, stage: StageConfig, progress: float) -> None:
        """Rise over the first twentieth, then fall along a cosine."""
        warm = min(1.0, progress / 0.05 + 0.02)
        rate = stage.rate * warm * (0.5 + 0.5 * math.cos(math.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = max(rate, stage.rate * 0.01) * group["factor"]

    @torch.no_grad()
    def _average_weights(self) -> None:
        pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
        for mean, value in pairs:
            mean.lerp_(value.detach(), 1 - self.config.ema)

    def save(self, path: Path) -> None:
        """Write the state after an epoch."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
        }
        save_whole(state, path)

    def restore(self, state: dict[str, Any]) -> None:
        """Take up the state that ``save`` wrote."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.epoch = state["epoch"]

    def describe(self) -> str:
        """Return the epoch's losses in a few words."""
        shown = ("total", "lungs", "zones", "brixia", "extent", "taught")
        return " ".join(f"{name} {self.losses.get(name, 0.0):.3f}" for name in shown)


def save_whole(state: object, path: Path) -> None:
    """Write a file whole or not at all, whenever the process is killed."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def _groups(network: SeverityNetwork, stage: StageConfig) -> list[dict[str, Any]]:
    """Return the encoder's parameters and the rest, each with its factor of the learning rate."""
    encoder = {id(parameter) for parameter in network.encoder.parameters()}
    free = [parameter for parameter in network.parameters() if parameter.requires_grad]
    return [
        {"params": [p for p in free if id(p) in encoder], "lr": stage.rate, "factor": 1.0},
        {
            "params": [p for p in free if id(p) not in encoder],
            "lr": stage.rate * stage.head_rate,
            "factor": stage.head_rate,
        },
    ]


def _generator(seed: int, *parts: object) -> torch.Generator:
    mixed = np.random.SeedSequence([seed, *(b for part in parts for b in str(part).encode())])
    return torch.Generator().manual_seed(int(mixed.generate_state(1)[0]))


def check_trained(part: Path) -> None:
    """Raise UnfinishedRunError unless this part of a stage is there."""
    if not part.exists():
        raise UnfinishedRunError(
            f"{part.parent} is not trained yet: give `radiograde train --out {part.parent.parent}` "
            "again, it goes on where it stopped."
        )


def load_network(config: TrainConfig, path: Path) -> SeverityNetwork:
    """Return a trained network from the weights that ``fit`` wrote.

    Raises:
        UnfinishedRunError: the stage is not trained yet.
    """
    check_trained(path)
    network = SeverityNetwork(config.network, pretrained=False)
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()
