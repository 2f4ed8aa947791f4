"""Training as it is done here beside a plain PyTorch script of the same network, stage by stage.

The plain script decodes every film in every epoch, normalises behind every convolution, trains
every block, and leaves freed memory to the kernel; both compute in single precision, take the same
films, samples and losses, and stand on one core; on a GPU the share of time that it computes is
told too, by ``torch.profiler``. Drawn films are read by default; ``--data`` takes
a labelled set.

    python -m benchmarks.training_recipe
    python -m benchmarks.training_recipe --data films/ --films 64
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor, profiler

from benchmarks.training import normalise
from radiograde.data.phantom_dataset import write_dataset
from radiograde.model.scoring.preprocess import Preprocessing
from radiograde.training.config import TrainConfig
from radiograde.training.dataset.augment import RawBatch, augment_batch
from radiograde.training.dataset.film_cache import decode_film
from radiograde.training.dataset.film_dataset import FilmDataset, open_dataset
from radiograde.training.dataset.sampler import finetune_sampler, pretraining_sampler
from radiograde.training.distributed import keep_freed_memory
from radiograde.training.fit.losses import LossModule, averaged, total_loss
from radiograde.training.fit.pretrain import boxes_from_masks
from radiograde.training.network.readers import Readers
from radiograde.training.network.severity_network import SeverityNetwork
from radiograde.training.run_paths import RunPaths

STAGES = ("reading", "augmentation", "forward", "backward")
OURS, PLAIN = "as trained", "plain script"
RESULTS = Path(__file__).parent / "results" / "training_recipe.json"

Read = Callable[[Tensor], Tensor]


@dataclass(slots=True)
class Stopwatch:
    """Seconds of each stage: of the processor, whatever else it does; with a GPU by the clock."""

    device: torch.device
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the ``with`` block as a stage."""
        began = self._now()
        yield
        self.seconds[name] += self._now() - began

    def _now(self) -> float:
        if self.device.type != "cuda":
            return time.process_time()
        torch.cuda.synchronize(self.device)
        return time.perf_counter()


@click.command()
@click.option("--data", type=click.Path(exists=True, path_type=Path), help="A labelled set.")
@click.option("--films", default=32, show_default=True, help="Films shown to each, in turn.")
@click.option("--rounds", default=2, show_default=True, help="Times that all of them are shown.")
def main(data: Path | None, films: int, rounds: int) -> None:
    """Print a table of stages and write benchmarks/results/training_recipe.json."""
    torch.set_num_threads(1)
    config = TrainConfig(threads=1)
    with tempfile.TemporaryDirectory() as folder:
        source = data or write_dataset(Path(folder) / "films", count=2 * films, seed=1).parent
        dataset = open_dataset(RunPaths.of(source, Path(folder) / "run"), config)
        index = torch.arange(min(films, len(dataset.manifest.films)))
        shown = shown_films(dataset, config)
        # The plain one first: memory that is kept is not given back any more.
        measured = {name: _measured(name, dataset, config, index, rounds) for name in (PLAIN, OURS)}
        decoding = _decoding(dataset, config, index)
    _report(measured, decoding, shown, len(dataset.manifest.films))


def shown_films(dataset: FilmDataset, config: TrainConfig) -> int:
    """Return how many films the whole recipe shows: pretraining, each fold and what ships."""
    folds = [*dataset.fold_numbers, None]
    samplers = [finetune_sampler(dataset, config.finetune, fold) for fold in folds]
    pretraining = len(pretraining_sampler(dataset, config.pretrain)) * config.pretrain.epochs
    return pretraining + sum(len(one) for one in samplers) * config.finetune.epochs


def _measured(
    name: str, dataset: FilmDataset, config: TrainConfig, index: Tensor, rounds: int
) -> Mapping[str, float]:
    """Return the seconds of each stage for 1,000 films."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = SeverityNetwork(config.network, pretrained=False)
    if name == PLAIN:
        normalise(network.encoder)
        read = _decoded_anew(dataset, config)
    else:
        keep_freed_memory()
        for block in network.encoder.blocks[: config.finetune.frozen_blocks]:
            block.requires_grad_(False)
        read = _from_cache(dataset)
    network.train().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    step = _Step(network, dataset, config, device)
    batches = index.split(config.batch_size)
    step.run(batches[0], read, Stopwatch(device))  # what is done once
    watch = Stopwatch(device)
    for _ in range(rounds):
        for batch in batches:
            step.run(batch, read, watch)
    if device.type == "cuda":
        share = _computing(lambda: step.run(batches[0], read, Stopwatch(device)))
        print(f"{name}: the GPU computes for {share:.0%} of a step")
    films = rounds * len(index)
    return {stage: seconds / films * 1000 for stage, seconds in watch.seconds.items()}


def _computing(step: Callable[[], None]) -> float:
    """Return the share of a step for which the GPU computes."""
    activities = [profiler.ProfilerActivity.CPU, profiler.ProfilerActivity.CUDA]
    with profiler.profile(activities=activities) as profile:
        began = time.perf_counter()
        step()
        torch.cuda.synchronize()
        elapsed = time.perf_counter() - began
    kernels = sum(event.self_device_time_total for event in profile.key_averages())
    return float(kernels) / 1e6 / elapsed


class _Step:
    """One step of training, its stages apart."""

    def __init__(
        self,
        network: SeverityNetwork,
        dataset: FilmDataset,
        config: TrainConfig,
        device: torch.device,
    ) -> None:
        self.targets, self.config, self.device = dataset.targets, config, device
        self.boxes = boxes_from_masks(dataset.cache, self.targets.has_mask, config.network.margin)
        self.loss = LossModule(network, Readers(self.targets.series).to(device))
        free = [one for one in self.loss.parameters() if one.requires_grad]
        self.optimiser = torch.optim.AdamW(free, lr=1e-4)
        self.rng = torch.Generator().manual_seed(1)

    def run(self, index: Tensor, read: Read, watch: Stopwatch) -> None:
        """Learn from some films."""
        side = self.config.network.pass_size
        with watch.stage("reading"):
            cells = read(index).to(self.device)
        with watch.stage("augmentation"):
            raw = RawBatch(cells, self.boxes[index], self.targets.boxes[index])
            batch = augment_batch(raw, side, self.config.augment, self.rng)
            targets = self.targets.rows(index, self.device).mirrored(batch.mirror)
        with watch.stage("forward"):
            loss = total_loss(averaged(self.loss(batch, targets)), self.config.loss)
        with watch.stage("backward"):
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self.optimiser.step()


def _from_cache(dataset: FilmDataset) -> Read:
    return lambda index: torch.from_numpy(dataset.cache.cells[index.numpy()])


def _decoded_anew(dataset: FilmDataset, config: TrainConfig) -> Read:
    spec, films = Preprocessing(size=config.network.input_size), dataset.manifest.films
    return lambda index: torch.from_numpy(
        np.stack([decode_film(films[place], spec)[0] for place in index.tolist()])
    )


def _decoding(dataset: FilmDataset, config: TrainConfig, index: Tensor) -> float:
    """Return the seconds that decoding 1,000 films takes, which is done once."""
    began = time.process_time()
    _decoded_anew(dataset, config)(index)
    return (time.process_time() - began) / len(index) * 1000


def _report(
    measured: Mapping[str, Mapping[str, float]], decoding: float, shown: int, films: int
) -> None:
    ours, plain = measured[OURS], measured[PLAIN]
    print(f"| seconds for 1,000 films | {OURS} | {PLAIN} | times |\n|---|---|---|---|")
    for stage in STAGES:
        times = plain[stage] / ours[stage]
        print(f"| {stage} | {ours[stage]:.1f} | {plain[stage]:.1f} | {times:.1f} |")
    totals = sum(ours.values()), sum(plain.values())
    print(f"| all | {totals[0]:.1f} | {totals[1]:.1f} | {totals[1] / totals[0]:.2f} |")
    hours = [seconds * shown / 1000 / 3600 for seconds in totals]
    hours[0] += decoding * films / 1000 / 3600
    print(
        f"\nThe whole recipe on {films} films shows {shown}: {hours[0]:.2f} h with decoding once, "
        f"{hours[1]:.2f} h plain, {hours[1] / hours[0]:.2f} times."
    )
    document = {
        "seconds_per_1000": measured,
        "decoding_once_per_1000": decoding,
        "films": films,
        "shown": shown,
        "hours": {OURS: hours[0], PLAIN: hours[1]},
        "load": os.getloadavg()[0],
        "cuda": torch.cuda.is_available(),
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
