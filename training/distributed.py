"""Where training runs: CPU or CUDA, one process or several under ``torchrun``."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import torch
import torch.distributed as dist

from radiograde.training.config import TrainConfig
from radiograde.training.errors import ConfigError

DECODING_TIME = timedelta(hours=12)
"""The first process may decode this long before the others give it up."""

_MALLOPT_NEVER_MMAP = (-4, 0)
_MALLOPT_NEVER_TRIM = (-1, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class DistributedContext:
    """The device of this process and its rank among ``world_size`` processes."""

    device: torch.device
    rank: int = 0
    world_size: int = 1

    @classmethod
    def start(cls, config: TrainConfig) -> Self:
        """Return the context of this process, joined to the others if ``torchrun`` started several.

        Raises:
            ConfigError: CUDA is required and is not here.
        """
        if config.device == "cuda" and not torch.cuda.is_available():
            raise ConfigError("device: cuda, but PyTorch finds no CUDA device. Use auto or cpu.")
        world_size = int(os.environ.get("WORLD_SIZE", "1"))
        rank = int(os.environ.get("RANK", "0"))
        cuda = config.device == "cuda" or (config.device == "auto" and torch.cuda.is_available())
        if cuda:
            device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(device)
        else:
            device = torch.device("cpu")
            keep_freed_memory()
            if config.threads:
                torch.set_num_threads(config.threads)
        if world_size > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if cuda else "gloo", timeout=DECODING_TIME)
        return cls(device, rank, world_size)

    @classmethod
    def to_measure(cls, config: TrainConfig) -> Self:
        """Return the context for a run that is trained: CUDA where there is one, else the CPU."""
        here = "auto" if config.device == "cuda" else config.device
        return cls.start(config.model_copy(update={"device": here}))

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and progress bars."""
        return self.rank == 0

    @property
    def mixed_precision(self) -> bool:
        """Whether to compute in bfloat16 where it is safe: on CUDA only, a CPU gains nothing."""
        return self.device.type == "cuda"

    def summed(self, values: torch.Tensor) -> torch.Tensor:
        """Return values that every process has, summed over all of them."""
        if self.world_size > 1:
            dist.all_reduce(values)
        return values

    def wait_for_all(self) -> None:
        """Return once every process has come here."""
        if self.world_size > 1:
            dist.barrier()

    def leave(self) -> None:
        """Leave the other processes."""
        if self.world_size > 1:
            dist.destroy_process_group()


def keep_freed_memory() -> None:
    """Let the allocator keep what is freed, on Linux; elsewhere nothing is done."""
    # glibc gives every large tensor back to the kernel and faults it in again at the next step:
    # keeping it makes a step on a CPU faster (benchmarks/training.py tells by how much).
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(*_MALLOPT_NEVER_MMAP)
            mallopt(*_MALLOPT_NEVER_TRIM)
