"""Where a run is measured: not necessarily where it was trained."""

from __future__ import annotations

import pytest
import torch

from radiograde.training.config import TrainConfig
from radiograde.training.distributed import DistributedContext
from radiograde.training.errors import ConfigError


@pytest.fixture
def without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.usefixtures("without_a_gpu")
def test_a_run_that_was_trained_on_cuda_is_measured_on_a_cpu() -> None:
    config = TrainConfig(device="cuda")
    with pytest.raises(ConfigError, match="finds no CUDA device"):
        DistributedContext.start(config)
    assert DistributedContext.to_measure(config).device == torch.device("cpu")


def test_a_run_that_was_trained_on_a_cpu_is_measured_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert DistributedContext.to_measure(TrainConfig(device="cpu")).device == torch.device("cpu")
