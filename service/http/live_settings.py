"""Has the routes go by the site file as it is now."""

from __future__ import annotations

import threading

from fastapi import FastAPI

from radiograde.service.administration.settings_follower import SettingsFollower
from radiograde.service.config.settings import Settings
from radiograde.service.delivery.review_recorder import ReviewRecorder
from radiograde.service.http.runtime import Runtime

EVERY_S = 0.5
"""Between two looks at the file."""


class LiveSettings:
    """Follows the site file from a thread of its own, between ``start`` and ``close``."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self._app = app
        self._follower = SettingsFollower(settings)
        self._one_at_a_time = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Follow from now on."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def follow(self) -> None:
        """Go by the file as it is, at once."""
        with self._one_at_a_time:
            settings = self._follower.changed()
            if settings is not None:
                self._use(settings)

    def close(self) -> None:
        """Stop following, and wait until that is so."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            self.follow()

    def _use(self, settings: Settings) -> None:
        """Give requests that come from now on what goes by these settings."""
        state = self._app.state
        runtime: Runtime = state.runtime.with_settings(settings)
        state.page_queries = state.page_queries.with_runtime(runtime)
        state.reviews = review_recorder(runtime)
        state.runtime = runtime


def review_recorder(runtime: Runtime) -> ReviewRecorder:
    """Return what records reviews, and has corrected results sent."""
    records, destinations = runtime.records, runtime.settings.destination
    return ReviewRecorder(
        records.database, records.results, records.reviews, records.deliveries, destinations
    )
