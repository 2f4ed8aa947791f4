"""The worker's part in watching the model: it looks once an hour, and lets films go on."""

from __future__ import annotations

import threading

from radiograde.service.config.settings import Settings
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.housekeeping import keep_house
from radiograde.service.grading.model_stop import ModelStop
from radiograde.service.grading.records import Records
from radiograde.service.monitoring.model_monitor import Monitor

GO_ON_EVERY_S = 60.0
LOOK_EVERY = 60
"""Times of the former: an hour."""


def watch_model(
    stop: threading.Event, settings: Settings, records: Records, grader: FilmGrader
) -> None:
    """Until ``stop``: look at what was graded, by the rules; and let held films go on.

    Films that waited for a stopped model go on once it is released, or another grades.
    """
    monitor = Monitor(records.database, settings.monitor, records.notices)
    held, rounds = ModelStop(records), 0

    def attend() -> None:
        nonlocal rounds
        rounds += 1
        held.go_on(grader.scorer.facts.sha256)
        if rounds % LOOK_EVERY == 1:
            monitor.run(grader.scorer)

    keep_house(stop, [attend], every_s=GO_ON_EVERY_S)
