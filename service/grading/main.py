"""``radiograde work``: one worker, from its slot to its end."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import structlog

from radiograde.service.config.settings import Settings
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.grading.bench import Bench
from radiograde.service.grading.housekeeping import keep_house
from radiograde.service.grading.records import Records, open_records
from radiograde.service.grading.slots import take_slot
from radiograde.service.grading.worker import adopt_orphans, working
from radiograde.service.http.runtime import load_scorer
from radiograde.service.logs import configure_logging

log = structlog.get_logger("radiograde.work")


def run_worker(settings: Settings, *, with_parent: bool = False) -> None:
    """Work until interrupted; ``with_parent``: or until standard input closes, as a child's does.

    Raises:
        SiteError: a secret that the site file names is not there.
        RadiogradeError: as :func:`service.grading.records.open_records` and ``load_scorer``.
    """
    configure_logging(settings.log_level)
    stop = _stopped_by_signals()
    if with_parent:
        _stopped_with_parent(stop)
    records = open_records(settings)
    try:
        slot = take_slot(records.database, stop)
        if slot is None:
            return
        bench = _bench(settings, records)
        with working(bench, settings.store_url, slot, settings.workers):
            keep = None if settings.keep_days is None else timedelta(days=settings.keep_days)
            with _beside(
                Thread(target=keep_house, args=(stop, records.archive, records.films, keep)),
                Thread(target=adopt_orphans, args=(stop, slot)),
            ):
                stop.wait()
        slot.release()
    finally:
        records.close()


def _bench(settings: Settings, records: Records) -> Bench:
    return Bench(
        load_scorer(settings),
        settings.limits,
        records.archive,
        records.films,
        records.deliveries,
        records.document_store,
        {config.name: (config, open_destination(config)) for config in settings.destination},
        settings.delivery,
    )


def _stopped_by_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _stopped_with_parent(stop: threading.Event) -> None:
    """Set ``stop`` when standard input ends: the system closes it however the parent dies."""

    def wait_for_end() -> None:
        while sys.stdin.buffer.read(1):
            pass
        stop.set()
        # A film that hangs must not keep a child alive whose parent is gone.
        threading.Timer(30.0, os._exit, (1,)).start()

    Thread(target=wait_for_end, daemon=True).start()


@contextmanager
def _beside(*threads: Thread) -> Iterator[None]:
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
