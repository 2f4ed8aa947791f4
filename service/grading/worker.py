"""The worker process: takes work out of the durable queue until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from dbos import DBOS, DBOSConfig

from radiograde.service.grading.bench import Bench
from radiograde.service.grading.slots import Slot
from radiograde.service.queue import APPLICATION, DELIVER, GRADE

log = structlog.get_logger("radiograde.work")

QUEUE_VERSION = "1"
"""Of what the queue holds: workers take only work of their own version."""

POLL_S = 0.4
"""Pause between looks into a queue: half of it is what a film waits, each look costs a little."""

SENDERS, SENDERS_A_DESTINATION = 8, 2


@contextmanager
def working(bench: Bench, url: str, slot: Slot, graders: int) -> Iterator[None]:
    """Take work out of the queue in ``url`` on threads, within the ``with`` block.

    What the worker that held this slot before had begun and not finished is begun again.
    """
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url,
        "application_version": QUEUE_VERSION,
        "executor_id": slot.name,
        "max_executor_threads": graders + SENDERS + 4,
        "console_log_level": "ERROR",
    }
    DBOS(config=config)
    _register(bench)
    DBOS.launch()
    try:
        DBOS.register_queue(GRADE, worker_concurrency=graders, polling_interval_sec=POLL_S)
        DBOS.register_queue(
            DELIVER,
            worker_concurrency=SENDERS,
            partition_worker_concurrency=SENDERS_A_DESTINATION,
            polling_interval_sec=POLL_S,
        )
        log.info("worker_ready", slot=slot.name)
        yield
    finally:
        DBOS.destroy(workflow_completion_timeout_sec=30, destroy_registry=True)
        log.info("worker_stopped", slot=slot.name)


def _register(bench: Bench) -> None:
    @DBOS.workflow(name=GRADE)
    def grade(film_id: str) -> None:
        bench.grade(film_id)

    @DBOS.workflow(name=DELIVER)
    def deliver(film_id: str, destination: str) -> None:
        bench.deliver(film_id, destination)


def adopt_orphans(stop: threading.Event, slot: Slot, every_s: float = 30.0) -> None:
    """Until ``stop``, begin again what workers that are gone had begun and not finished."""
    while not stop.wait(every_s):
        gone = slot.deserted()
        if gone:
            begun = DBOS.list_workflows(status="PENDING", executor_id=gone, load_input=False)
            DBOS.resume_workflows([workflow.workflow_id for workflow in begun])
