"""What the routes share: settings, scorer, records and pool, opened and closed together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.load_scorer import load_scorer
from radiograde.service.grading.records import Records, open_records
from radiograde.service.http.pool import GradingPool


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running service."""

    settings: Settings
    scorer: Scorer
    records: Records
    grader: FilmGrader
    pool: GradingPool

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
    records = open_records(settings)
    return Runtime(
        settings,
        scorer,
        records,
        FilmGrader(records, scorer, settings.upload_limits),
        GradingPool(settings.workers, settings.queue),
    )


async def _of_request(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


Service = Annotated[Runtime, Depends(_of_request)]
