"""Loading the model on the device that the settings choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Device, Settings
from radiograde.service.errors import DeviceError

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

_PROVIDERS: Mapping[Device, Sequence[str] | None] = {
    "auto": None,
    "cpu": [CPU],
    "cuda": [CUDA, CPU],
}


def load_scorer(settings: Settings, threads: int | None = None, path: Path | None = None) -> Scorer:
    """Load the model on the device of the settings; ``threads``: as of :class:`Scorer`.

    ``path``: of its file; None: the one that the settings name.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: ``cuda`` is asked for and cannot be used.
    """
    return scorer_on(settings.device, path or settings.model_path, threads)


def scorer_on(device: Device, path: Path | None, threads: int | None = None) -> Scorer:
    """Load a model file, the bundled one when None; otherwise as :func:`load_scorer`."""
    scorer = Scorer(path, providers=_PROVIDERS[device], threads=threads)
    if device == "cuda" and scorer.provider != CUDA:
        raise DeviceError(
            "No usable GPU. Install onnxruntime-gpu with its CUDA libraries, or use --device auto."
        )
    return scorer
