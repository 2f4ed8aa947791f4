"""Where training runs: CPU or CUDA, one process or several under ``torchrun``."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist

from radiograde.training.config import TrainConfig
from radiograde.training.errors import ConfigError

DECODING_TIME = timedelta(hours=12)
"""The first process may decode this long before the others give it up."""

_MALLOPT_NEVER_MMAP = (-4, 0)
_MALLOPT_NEVER_TRIM = (-1, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class Machine:
    """The device of this process and its place among the processes."""

    device: torch.device
    rank: int = 0
    processes: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes files and progress bars."""
        return self.rank == 0

    @property
    def mixed(self) -> bool:
        """Whether to compute in bfloat16 where it is safe: on CUDA only, a CPU gains nothing."""
        return self.device.type == "cuda"


def start(config: TrainConfig) -> Machine:
    """Return the machine, joined to the other processes if ``torchrun`` started several.

    Raises:
        ConfigError: CUDA is asked for and is not here.
    """
    if config.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device: cuda, but PyTorch finds no CUDA device. Use auto or cpu.")
    processes = int(os.environ.get("WORLD_SIZE", "1"))
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
    if processes > 1 and not dist.is_initialized():
        dist.init_process_group("nccl" if cuda else "gloo", timeout=DECODING_TIME)
    return Machine(device, rank, processes)


def wait_for_all(machine: Machine) -> None:
    """Return once every process has come here."""
    if machine.processes > 1:
        dist.barrier()


def finish(machine: Machine) -> None:
    """Leave the other processes."""
    if machine.processes > 1:
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
