"""What the routes share: settings, scorer, records and pool, opened and closed together."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.load_scorer import load_scorer
from radiograde.service.grading.records import Records, open_records
from radiograde.service.http.places import Places
from radiograde.service.http.pool import BoundedPool
from radiograde.service.http.readiness import Readiness

DOCUMENT_THREADS, DOCUMENT_QUEUE = min(4, os.cpu_count() or 1), 120
"""Documents, pixels and pictures made at a time, and how many more may wait: a browser asks for
six at a time, a page for fifty. Threads beyond the cores would only keep each other waiting."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running service."""

    settings: Settings
    scorer: Scorer
    records: Records
    grader: FilmGrader
    pool: BoundedPool
    uploads: Places
    document_pool: BoundedPool
    readiness: Readiness

    def close(self) -> None:
        """Finish what is being made, then close the records."""
        for threads in (self.pool, self.document_pool, self.readiness):
            threads.close()
        self.records.close()


def open_runtime(settings: Settings, scorer: Scorer | None = None) -> Runtime:
    """Load the model unless one is given, and open the records.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: a GPU is asked for and cannot be used.
        StoreError: the results cannot be kept.
    """
    scorer = scorer or load_scorer(settings)
    records = open_records(settings, upgrade=True)
    return Runtime(
        settings,
        scorer,
        records,
        FilmGrader(records, scorer, settings.upload_limits),
        BoundedPool("grading", settings.workers, settings.queue),
        Places(settings.workers + settings.queue),
        BoundedPool("documents", DOCUMENT_THREADS, DOCUMENT_QUEUE),
        Readiness(lambda: records.database.ping(), partial(standing_faults, records, settings)),
    )


async def _of_request(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


Service = Annotated[Runtime, Depends(_of_request)]
