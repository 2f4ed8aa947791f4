"""One training step on two CPU cores, beside the same step without each of its four savings.

Two fine-tunes run in parallel with a core each, freed memory is kept rather than given back to
the kernel, batch normalisation is folded into the convolutions, and the encoder's first blocks
stay as pretraining left them. Each contender runs in processes of its own; a time is that of a
step of one fine-tune, both cores counted.

    python -m benchmarks.training
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import click
import torch
from torch import Tensor, nn

from benchmarks.stopwatch import Samples, table, write_results
from radiograde.training.config import TrainConfig
from radiograde.training.distributed import keep_freed_memory
from radiograde.training.network.severity_network import SeverityNetwork

THREADS = 2
STEPS = 8
WARM_UP = 2
AS_TRAINED = "as trained"
ONE_AFTER_ANOTHER = "one fine-tune after another, on both cores"
CONTENDERS = (
    AS_TRAINED,
    ONE_AFTER_ANOTHER,
    "freed memory given back",
    "batch normalisation kept",
    "no block frozen",
)


@click.command()
@click.option("--rounds", default=5, show_default=True, help="Rounds; each runs every contender.")
@click.option("--only", type=click.Choice(CONTENDERS), hidden=True)
def main(rounds: int, only: str | None) -> None:
    """Time training steps and write benchmarks/results/training.json."""
    if only is not None:
        click.echo(statistics.median(_steps(only)))
        return
    samples: Samples = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name in CONTENDERS:
            samples[name].append(_in_own_processes(name))
    config = TrainConfig()
    side = config.network.pass_size
    what = {"threads": THREADS, "batch": config.batch_size, "side": side}
    path = write_results("training", what, samples, AS_TRAINED)
    click.echo(f"{table(samples, AS_TRAINED)}\n\n{path}")


def _in_own_processes(contender: str) -> float:
    command = [sys.executable, "-m", "benchmarks.training", "--only", contender]
    jobs = _jobs(contender)
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(jobs)]
    outputs = [process.communicate()[0] for process in running]
    return statistics.mean(float(output) for output in outputs) / jobs


def _jobs(contender: str) -> int:
    return 1 if contender == ONE_AFTER_ANOTHER else THREADS


def _steps(contender: str) -> Iterator[float]:
    """Yield the milliseconds of forward and backward passes over one batch of pictures."""
    torch.set_num_threads(THREADS // _jobs(contender))
    if contender != "freed memory given back":
        keep_freed_memory()
    config = TrainConfig()
    network = SeverityNetwork(config.network, pretrained=False)
    if contender != "no block frozen":
        for block in network.encoder.blocks[: config.finetune.frozen_blocks]:
            block.requires_grad_(False)
    if contender == "batch normalisation kept":
        normalise(network.encoder)
    network.train().to(memory_format=torch.channels_last)
    side = config.network.pass_size
    pictures = torch.rand(config.batch_size, 1, side, side)
    for step in range(WARM_UP + STEPS):
        started = time.perf_counter()
        _total(network(pictures)).backward()
        if step >= WARM_UP:
            yield (time.perf_counter() - started) * 1000


def _total(output: tuple[Tensor, ...]) -> Tensor:
    return torch.stack([part.float().mean() for part in output]).sum()


def normalise(module: nn.Module) -> None:
    """Put a batch normalisation behind every convolution."""
    for name, child in module.named_children():
        if isinstance(child, nn.Conv2d):
            setattr(module, name, nn.Sequential(child, nn.BatchNorm2d(child.out_channels)))
        else:
            normalise(child)


if __name__ == "__main__":
    main()
