"""``radiograde work``: takes work out of the durable queue until it is told to stop."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread

import structlog
from dbos import DBOS, DBOSConfig

from radiograde.service.administration.settings_follower import SettingsFollower
from radiograde.service.audit.pruning import drop_old_rows
from radiograde.service.audit.service_run import service_run
from radiograde.service.audit_receivers.forwarder import run_forwarders
from radiograde.service.config.archives import ArchiveConfig
from radiograde.service.config.settings import Settings
from radiograde.service.database.binding import database_id
from radiograde.service.database.connection_pools import WORKING_MOST
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.erasure.eraser import Eraser
from radiograde.service.films.audited_intake import AuditedIntake
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.housekeeping import chores, drop_set_aside, keep_house
from radiograde.service.grading.load_scorer import load_scorer
from radiograde.service.grading.reconciler import Reconciler
from radiograde.service.grading.records import Records, open_records
from radiograde.service.grading.regrader import Regrader
from radiograde.service.grading.shadow_grader import ShadowGrader, shadow_grader
from radiograde.service.grading.site_models import model_follower, model_loader
from radiograde.service.grading.slots import Slot, take_slot
from radiograde.service.grading.turns import Turns
from radiograde.service.grading.watch_model import watch_model
from radiograde.service.logs import configure_logging
from radiograde.service.notifications.channel import open_channel
from radiograde.service.notifications.notifier import Notifier
from radiograde.service.pacs.open_pacs import open_pacs
from radiograde.service.priors.prior_fetcher import PriorFetcher
from radiograde.service.queue import APPLICATION, DELIVER, GRADE, NOTIFY, PRIORS, SHADOW, hush_queue
from radiograde.service.reconciliation.nightly import Nightly
from radiograde.service.reconciliation.open_reconciliations import open_reconciliations
from radiograde.service.signals import stop_event, wait_for

log = structlog.get_logger("radiograde.work")

QUEUE_VERSION = "1"
"""Of what the queue holds: workers take only work of their own version."""

POLL_S = 0.4
"""Between polls of a queue: half of it is what a film waits, and each poll costs a little."""

SHADOW_POLL_S = 2.0

AHEAD = 4
"""Pieces of work taken at a poll for each that may be done at once."""


@dataclass(frozen=True, slots=True)
class Work:
    """Who does the queue's kinds of work; safe to share among threads."""

    grader: FilmGrader
    deliverer: Deliverer
    reconciler: Reconciler
    prior_fetcher: PriorFetcher
    notifier: Notifier | None = None
    shadow: ShadowGrader | None = None


def run_worker(settings: Settings, *, with_parent: bool = False) -> None:
    """Work until interrupted; ``with_parent``: or until standard input closes, as a child's does.

    Without a parent, who would start another, it goes by the site file as that changes.

    Raises:
        SiteError: a secret that the site file names is not there, or is none.
        RadiogradeError: as :func:`radiograde.service.grading.records.open_records` and
            :func:`radiograde.service.grading.load_scorer.load_scorer`.
    """
    configure_logging(settings.log_level)
    log.info("worker_starting", data_dir=str(settings.data_dir))
    stop = stop_event()
    if with_parent:
        _stopped_with_parent(stop)
    follower = None if with_parent else SettingsFollower(settings)
    records = open_records(settings)
    try:
        slot = take_slot(records.database, stop)
        if slot is None:
            return
        wanted: Settings | None = settings
        with service_run(records.audit, settings, "work"):
            while wanted is not None:
                wanted = _work_by(wanted, records.with_settings(wanted), slot, stop, follower)
        slot.release()
    finally:
        records.close()


def _work_by(
    settings: Settings,
    records: Records,
    slot: Slot,
    stop: threading.Event,
    follower: SettingsFollower | None,
) -> Settings | None:
    """Work by these settings; return those to go on with, None once it is to stop."""
    ended = threading.Event()
    work = _work(settings, records, ended)
    models = model_follower(settings, records.database, work.grader)
    with working(work, settings.store_url, slot, settings.workers, settings.delivery.at_once):
        keep = None if settings.keep_days is None else timedelta(days=settings.keep_days)
        tasks = chores(
            records.database, records.archive, records.films, records.intake, keep, records.audit
        )
        eraser = Eraser(records, settings)
        tasks[:0] = [eraser.go_on, eraser.drop_old_results]
        tasks.append(lambda: drop_old_rows(settings, records.audit))
        tasks.append(lambda: _drop_set_aside(settings, records))
        house = Thread(target=keep_house, args=(ended, tasks))
        night = Thread(target=keep_house, args=(ended, _nightly(settings, records, ended)))
        regrader = Regrader(records, work.grader, model_loader(settings, records.database))
        again = Thread(target=regrader.run, args=(ended,))
        follow = Thread(target=models.run, args=(ended,))
        installation = database_id(records.database)
        sending = Thread(target=run_forwarders, args=(settings, installation, ended))
        watch = Thread(target=watch_model, args=(ended, settings, records, work.grader))
        others = (again, watch, follow, sending, *_performing(settings, records, ended))
        with _beside(ended, house, night, *others):
            return wait_for(stop, lambda: None if follower is None else follower.changed())


def _drop_set_aside(settings: Settings, records: Records) -> None:
    """Remove what was set aside and is past its time or quota, unless films stay for ever."""
    if settings.keep_days is None:
        return
    keep = timedelta(days=min(settings.keep_days, settings.retention.set_aside_days))
    most_bytes = settings.retention.set_aside_gb * 2**30
    drop_set_aside(records.archive, records.films, keep, most_bytes, records.audit)


def _nightly(
    settings: Settings, records: Records, stop: threading.Event
) -> list[Callable[[], None]]:
    """Return what is looked at every hour and done once a night."""
    wanted = open_reconciliations(settings, records, settings.reconcile.pacs, stop)
    tasks = [Nightly(records.database, settings.reconcile, wanted).run]
    if settings.constancy.sources:
        # Only here: who sends drawn films needs all that destinations need.
        from radiograde.service.constancy.open_constancy import open_constancy

        tasks.append(open_constancy(settings, records, stop).run_if_due)
    return tasks


def _performing(settings: Settings, records: Records, stop: threading.Event) -> list[Thread]:
    """Return a thread for each worklist whose workitems are performed.

    Destinations change while ``ups`` stays as it was at the start: without its PACS one rests.
    """
    if not settings.ups:
        return []
    from radiograde.service.ups.open_performers import open_performers
    from radiograde.service.ups.outputs import Outputs
    from radiograde.service.ups.performer import perform

    archives = {one.name: one for one in settings.destination if isinstance(one, ArchiveConfig)}
    outputs = Outputs(records.films, records.deliveries, records.withdrawals, archives)
    able = settings.model_copy(
        update={"ups": tuple(one for one in settings.ups if one.pacs in archives)}
    )
    performers = open_performers(able, records.database, records.intake, outputs, stop)
    return [Thread(target=perform, args=(one, stop)) for one in performers]


def _work(settings: Settings, records: Records, stop: threading.Event) -> Work:
    destinations = {one.name: (one, open_destination(one)) for one in settings.destination}
    channels = {one.name: (one, open_channel(one)) for one in settings.notify}
    retries = RetryPolicy(timedelta(hours=settings.delivery.give_up_after_h))
    breakers = Breakers()
    notices = records.notices
    return Work(
        FilmGrader(records, load_scorer(settings), settings.limits, stop),
        Deliverer(
            records.deliveries,
            records.document_store,
            destinations,
            retries,
            breakers,
            stop,
            parked=notices.of_parked,
            audit=records.audit,
        ),
        Reconciler(
            records.database,
            records.queue,
            records.films,
            records.deliveries,
            records.priors,
            breakers,
            notices.notices,
        ),
        PriorFetcher(
            records.priors,
            records.expected_priors,
            records.films,
            AuditedIntake(records.intake, records.audit),
            records.archive,
            open_pacs(settings, settings.priors.pacs),
            retries,
            settings.limits,
            breakers,
            stop,
        ),
        Notifier(notices.notices, channels, records.archive, settings.limits, retries, stop=stop),
        shadow_grader(settings, records),
    )


@contextmanager
def working(work: Work, url: str, slot: Slot, graders: int, senders: int = 2) -> Iterator[None]:
    """Take work out of the queue in ``url`` on threads, within the ``with`` block.

    ``graders``: films graded at once. ``senders``: deliveries to one destination at once. What
    a worker that is gone had begun and not finished is begun again.
    """
    places = AHEAD * senders
    config: DBOSConfig = {
        "name": APPLICATION,
        "system_database_url": url,
        "sys_db_pool_size": WORKING_MOST,
        "application_version": QUEUE_VERSION,
        "executor_id": slot.name,
        "max_executor_threads": AHEAD * (graders + places + 1) + 6,
        "console_log_level": "ERROR",
        "run_migrations": False,
    }
    DBOS(config=config)
    hush_queue()
    _register(work, graders, senders)
    DBOS.launch()
    stop = threading.Event()
    try:
        DBOS.register_queue(GRADE, worker_concurrency=AHEAD * graders, polling_interval_sec=POLL_S)
        DBOS.register_queue(
            DELIVER,
            worker_concurrency=AHEAD * places,
            partition_worker_concurrency=places,
            polling_interval_sec=POLL_S,
        )
        DBOS.register_queue(
            NOTIFY,
            worker_concurrency=AHEAD,
            partition_worker_concurrency=senders,
            polling_interval_sec=POLL_S,
        )
        # One at a time: an archive has more to do than to look for what was.
        DBOS.register_queue(PRIORS, worker_concurrency=1, polling_interval_sec=POLL_S)
        DBOS.register_queue(SHADOW, worker_concurrency=1, polling_interval_sec=SHADOW_POLL_S)
        log.info("worker_ready", slot=slot.name)
        with _beside(stop, Thread(target=work.reconciler.run, args=(stop, slot))):
            yield
    finally:
        if work.shadow is not None:
            work.shadow.close()
        DBOS.destroy(workflow_completion_timeout_sec=30, destroy_registry=True)
        log.info("worker_stopped", slot=slot.name)


def _register(work: Work, graders: int, senders: int) -> None:
    turns = Turns()
    grading = threading.BoundedSemaphore(graders)
    sending: dict[str, threading.BoundedSemaphore] = {}

    @DBOS.workflow(name=GRADE)
    def grade(film_id: str) -> None:
        with grading, turns.take(alone=work.grader.was_begun(film_id)):
            work.grader.grade_waiting(film_id)

    @DBOS.workflow(name=DELIVER)
    def deliver(film_id: str, destination: str) -> None:
        alone = work.deliverer.was_begun(film_id, destination)
        places = sending.setdefault(destination, threading.BoundedSemaphore(senders))
        with places, turns.take(alone=alone):
            work.deliverer.deliver(film_id, destination)

    @DBOS.workflow(name=PRIORS)
    def fetch_priors(film_id: str) -> None:
        work.prior_fetcher.fetch(film_id)

    shadow = work.shadow
    if shadow is not None:

        @DBOS.workflow(name=SHADOW)
        def grade_in_shadow(film_id: str, model: str) -> None:
            shadow.grade(film_id, model)

    notifier = work.notifier
    if notifier is None:
        return

    @DBOS.workflow(name=NOTIFY)
    def notify(id: str) -> None:
        with turns.take(alone=notifier.was_begun(id)):
            notifier.notify(id)


def _stopped_with_parent(stop: threading.Event) -> None:
    """Set ``stop`` when standard input ends: the system closes it however the parent dies."""

    def wait_for_end() -> None:
        # Not by way of `sys.stdin.buffer`: its lock, held here, would abort the process at its end.
        while os.read(sys.stdin.fileno(), 1):
            pass
        stop.set()
        # A film that hangs must not keep a child alive whose parent is gone.
        threading.Timer(30.0, os._exit, (1,)).start()

    Thread(target=wait_for_end, daemon=True).start()


@contextmanager
def _beside(stop: threading.Event, *threads: Thread) -> Iterator[None]:
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
