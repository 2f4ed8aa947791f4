"""What is removed: films past their time, folders that a crash left, and finished work."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOS

from radiograde.service.errors import StoreError
from radiograde.service.films.archive import Archive
from radiograde.service.films.film_repository import FilmRepository

log = structlog.get_logger("radiograde.work")

UNRECORDED_AFTER_S = 3600.0
QUEUE_KEPT = timedelta(days=1)


def keep_house(
    stop: threading.Event,
    archive: Archive,
    films: FilmRepository,
    keep: timedelta | None,
    every_s: float = 3600.0,
) -> None:
    """Until ``stop``, tidy up once an hour; ``keep`` is how long films stay, None for ever."""
    while not stop.wait(every_s):
        try:
            if keep is not None:
                drop_expired(archive, films, keep)
            drop_unrecorded(archive, films)
            forget_finished_work()
        except StoreError as error:
            log.warning("housekeeping_put_off", error=error.code)


def drop_expired(archive: Archive, films: FilmRepository, keep: timedelta) -> None:
    """Remove the bytes of films older than ``keep``; their results stay."""
    while film_ids := films.expired(keep):
        for film_id in film_ids:
            archive.drop(film_id)
        films.let_go(film_ids)
        log.info("films_let_go", count=len(film_ids))


def drop_unrecorded(archive: Archive, films: FilmRepository) -> None:
    """Remove folders whose film was never accepted: its sender got no receipt."""
    now = time.time()
    old = [film_id for film_id in archive.ids() if archive.age_s(film_id, now) > UNRECORDED_AFTER_S]
    for start in range(0, len(old), 500):
        for film_id in films.unknown(old[start : start + 500]):
            archive.drop(film_id)


def forget_finished_work() -> None:
    """Remove from the queue what was finished more than a day ago; the tables know the outcome."""
    until = (datetime.now(UTC) - QUEUE_KEPT).isoformat()
    while True:
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR"], completed_before=until, limit=500, load_input=False
        )
        if not done:
            return
        DBOS.delete_workflows([workflow.workflow_id for workflow in done])
