"""What the radiologist's page reads, put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from radiograde.service.database.version import DatabaseVersion
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.http.answer_cache import AnswerCache
from radiograde.service.http.places import Places
from radiograde.service.http.runtime import Runtime
from radiograde.service.viewing.decoded_films import DecodedFilms
from radiograde.service.viewing.previews import previews
from radiograde.service.viewing.previews_ahead import PreviewsAhead
from radiograde.service.viewing.thumbnails import thumbnails
from radiograde.service.viewing.viewer import Viewer
from radiograde.service.worklist.change_feed import MOST_LISTENERS, ChangeFeed
from radiograde.service.worklist.change_log import ChangeLog
from radiograde.service.worklist.delivery_states import DeliveryStates
from radiograde.service.worklist.history import History
from radiograde.service.worklist.machines import Machines
from radiograde.service.worklist.patient_labels import PatientLabels
from radiograde.service.worklist.worklist import Worklist


@dataclass(frozen=True, slots=True)
class PageQueries:
    """Films to read: listed, shown, compared, and followed as they change."""

    labels: PatientLabels
    worklist: Worklist
    viewer: Viewer
    previews_ahead: PreviewsAhead
    history: History
    feed: ChangeFeed
    streams: Places
    version: DatabaseVersion
    answers: AnswerCache

    def with_runtime(self, runtime: Runtime) -> PageQueries:
        """Return the same queries by the settings that a service has now."""
        labels = _labels(runtime)
        return replace(
            self,
            labels=labels,
            worklist=_worklist(runtime, labels),
            answers=AnswerCache(self.version),
        )

    def close(self) -> None:
        """End what pages follow. To be called in the event loop."""
        self.previews_ahead.close()
        self.feed.end()
        self.version.close()


def open_page_queries(runtime: Runtime) -> PageQueries:
    """Return what the page asks of a running service."""
    records, limits = runtime.records, runtime.settings.limits
    database, archive, reviews = records.database, records.archive, records.reviews
    labels = _labels(runtime)
    version = DatabaseVersion(database)
    viewer = Viewer(
        records.results,
        archive,
        DecodedFilms(archive, limits, runtime.runner),
        thumbnails(archive, limits, runtime.runner),
        previews(archive, limits, runtime.runner),
    )
    return PageQueries(
        labels,
        _worklist(runtime, labels),
        viewer,
        PreviewsAhead(viewer.prepare_preview),
        History(
            database,
            reviews,
            lambda: RepeatabilityLimit.of(runtime.scorer),
            Machines(archive, limits),
        ),
        ChangeFeed(lambda: ChangeLog(database)),
        Places(MOST_LISTENERS),
        version,
        AnswerCache(version),
    )


def _labels(runtime: Runtime) -> PatientLabels:
    settings = runtime.settings
    return PatientLabels(runtime.records.archive, settings.identifiers, settings.limits)


def _worklist(runtime: Runtime, labels: PatientLabels) -> Worklist:
    records = runtime.records
    deliveries = DeliveryStates(records.database, has_destinations=bool(records.routing.names))
    return Worklist(records.database, records.reviews, deliveries, labels)


async def _of_request(request: Request) -> PageQueries:
    queries: PageQueries = request.app.state.page_queries
    return queries


Queries = Annotated[PageQueries, Depends(_of_request)]
