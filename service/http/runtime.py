"""What the routes share: settings, scorer, records and pool, opened and closed together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.load_scorer import load_scorer
from radiograde.service.grading.records import Records, open_records
from radiograde.service.grading.site_models import model_follower
from radiograde.service.http.places import Places
from radiograde.service.http.pool import BoundedPool
from radiograde.service.http.readiness import Readiness
from radiograde.service.processes.runner import INLINE, WorkRunner
from radiograde.service.programme.model_follower import Following

DOCUMENT_THREADS, DOCUMENT_QUEUE = 4, 120
"""Documents, pixels and pictures asked for at a time, and how many more may wait: a browser asks
for six at a time, a page for fifty. The threads read what is kept, and wait for what is made."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """One running service."""

    settings: Settings
    records: Records
    grader: FilmGrader
    pool: BoundedPool
    uploads: Places
    document_pool: BoundedPool
    runner: WorkRunner
    readiness: Readiness
    following: Following | None = None

    @property
    def scorer(self) -> Scorer:
        """The model that grades the next film."""
        return self.grader.scorer

    def with_settings(self, settings: Settings) -> Runtime:
        """Return the same service by other settings, as far as those are ``LIVE``."""
        records = self.records.with_settings(settings)
        self.grader.keep_by(records)
        return replace(self, settings=settings, records=records)

    def close(self) -> None:
        """Cut documents short, finish what is being graded, then close the records."""
        self.runner.close()
        if self.following is not None:
            self.following.close()
        for threads in (self.pool, self.document_pool, self.readiness):
            threads.close()
        self.records.close()


def open_runtime(
    settings: Settings, scorer: Scorer | None = None, runner: WorkRunner = INLINE
) -> Runtime:
    """Load the model unless one is given, and open the records.

    One that is given grades until the end; else the model in production does, whichever that
    becomes. ``runner``: where documents, pixels and pictures are made.

    Raises:
        ModelFileError: the model cannot be used.
        DeviceError: a GPU is asked for and cannot be used.
        StoreError: the results cannot be kept.
    """
    own = scorer or load_scorer(settings)
    records = open_records(settings, upgrade=True, runner=runner)
    grader = FilmGrader(records, own, settings.upload_limits)
    following = None
    if scorer is None:
        following = Following(model_follower(settings, records.database, grader))
    return Runtime(
        settings,
        records,
        grader,
        BoundedPool("grading", settings.workers, settings.queue),
        Places(settings.workers + settings.queue),
        BoundedPool("documents", DOCUMENT_THREADS, DOCUMENT_QUEUE),
        runner,
        Readiness(lambda: records.ping(), partial(standing_faults, records, settings)),
        following,
    )


async def _of_request(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


Service = Annotated[Runtime, Depends(_of_request)]
