"""What the routes share: settings, scorer, records and pool, opened and closed together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from radiograde.model.grading import grade
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Device, Settings
from radiograde.service.errors import DeviceError
from radiograde.service.grading.records import Records, open_records
from radiograde.service.http.pool import GradingPool

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"

_PROVIDERS: dict[Device, Sequence[str] | None] = {"auto": None, "cpu": [CPU], "cuda": [CUDA, CPU]}


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running service."""

    settings: Settings
    scorer: Scorer
    records: Records
    pool: GradingPool

    def grade(self, data: bytes) -> SeverityResult:
        """Return the result for a file's bytes, kept and with its id; blocks while it works.

        Raises:
            NoSpaceError, StoreError: film or result could not be kept, so it is not given out.
        """
        records = self.records
        film = records.intake.describe(data, "http")
        records.archive.keep(film.id, data)
        began = datetime.now(UTC)
        result = dataclasses.replace(grade(FilmFile(data, Limits()), self.scorer), id=film.id)
        if result.maps is not None:
            records.archive.keep_maps(film.id, result.maps)
        # Asked again, the same film is graded again: the caller waits for an answer.
        records.films.answered(dataclasses.replace(film, key=f"http:{film.id}"), result, began)
        return result

    def close(self) -> None:
        """Finish the films being graded, then close the records."""
        self.pool.close()
        self.records.close()


def open_runtime(settings: Settings, scorer: Scorer | None = None) -> Runtime:
    """Load the model unless one is given, and open the records.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: a GPU is asked for and cannot be used.
        StoreError: the results cannot be kept.
    """
    scorer = scorer or load_scorer(settings)
    pool = GradingPool(settings.workers, settings.queue)
    return Runtime(settings, scorer, open_records(settings), pool)


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
