"""What the routes share: settings, scorer, store and pool, opened and closed together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from model.grading import grade
from model.result import SeverityResult
from model.scorer import Scorer
from service.errors import DeviceError, StoreError
from service.pool import GradingPool
from service.settings import Device, Settings
from service.store import ResultStore

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

_PROVIDERS: dict[Device, Sequence[str] | None] = {"auto": None, "cpu": [CPU], "cuda": [CUDA, CPU]}


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running service."""

    settings: Settings
    scorer: Scorer
    store: ResultStore
    pool: GradingPool

    def grade(self, data: bytes) -> SeverityResult:
        """Return the result for a file's bytes, kept and with its id; blocks while it works.

        Raises:
            StoreError: the result could not be kept, so it is not given out either.
        """
        return self.store.add(grade(data, self.scorer))

    def close(self) -> None:
        """Finish the films being graded, then close the store."""
        self.pool.close()
        self.store.close()


def open_runtime(settings: Settings, scorer: Scorer | None = None) -> Runtime:
    """Load the model unless one is given, and open the store.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: a GPU is asked for and cannot be used.
        StoreError: the results cannot be kept.
    """
    scorer = scorer or load_scorer(settings)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The data directory {settings.data_dir} cannot be made ({error.strerror}). "
            "Choose another with --data-dir or RADIOGRADE_DATA_DIR."
        ) from error
    store = ResultStore(settings.store_url)
    return Runtime(settings, scorer, store, GradingPool(settings.workers, settings.queue))


def load_scorer(settings: Settings) -> Scorer:
    """Load the model on the device of the settings.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: ``cuda`` is asked for and cannot be used.
    """
    scorer = Scorer(settings.model_path, providers=_PROVIDERS[settings.device])
    if settings.device == "cuda" and scorer.provider != CUDA:
        raise DeviceError(
            "No usable GPU. Install onnxruntime-gpu with its CUDA libraries, or use --device auto."
        )
    return scorer


def _of_request(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


Service = Annotated[Runtime, Depends(_of_request)]
