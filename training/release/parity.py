"""Whether a graph says what PyTorch says, on every kind of device that it may be served on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from radiograde.model.scoring.scorer import PROVIDERS, Scorer
from radiograde.training.network.localise_then_grade import Grading, LocaliseThenGrade

NAMES = Grading._fields
Outputs = Mapping[str, NDArray[np.float32]]


def parity(
    model: LocaliseThenGrade, path: Path, films: NDArray[np.float32]
) -> dict[str, dict[str, float]]:
    """Return each output's largest absolute difference on films (N, S, S), by execution provider.

    Of the providers that the service takes, those that are there: the CPU, and CUDA where a GPU is.
    """
    batches = [films[:4], *(films[i : i + 1] for i in range(len(films)))]
    with torch.no_grad():
        expected = [model(torch.from_numpy(batch[:, None])) for batch in batches]
    differences = {}
    for provider in PROVIDERS:
        if provider not in ort.get_available_providers():
            continue
        served = Scorer(path, providers=[provider])
        # Without a GPU, CUDA's leaves the model to the CPU.
        if served.provider == provider:
            several = Scorer(path, providers=[provider], batches=True)
            differences[provider] = _differences(served, several, batches, expected)
    return differences


def _differences(
    served: Scorer, several: Scorer, batches: list[NDArray[np.float32]], expected: list[Grading]
) -> dict[str, float]:
    """Return the largest difference by output.

    A film alone is graded as the service grades it, so that what is compared is what is served.
    """
    largest = dict.fromkeys(NAMES, 0.0)
    for batch, theirs in zip(batches, expected, strict=True):
        scorer = served if len(batch) == 1 else several
        ours = scorer.session.run(list(NAMES), {"image": batch[:, None]})
        for name, one, other in zip(NAMES, ours, theirs, strict=True):
            largest[name] = max(largest[name], float(np.abs(one - other.numpy()).max()))
    return largest
