"""A random walk of accidents while films come in; what became of each film is counted."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from radiograde.service.database.tables import deliveries, films
from radiograde.service.errors import NoSpaceError, StoreError
from radiograde.service.grading.housekeeping import adopt_unrecorded, drop_expired
from radiograde.service.grading.records import Records, open_records
from tests.accidents.gauge import Gauge, Trend
from tests.accidents.happenings import Accidents
from tests.accidents.modalities import Modalities
from tests.accidents.site import Engine, Site
from tests.service.processes import waited

STARTED_IN_S = 900.0
SETTLED_IN_S = 300.0
LET_WORK_S = 60.0
MOST_WAITING = 20
WARM_UP_FILMS = 12
KEPT = timedelta(minutes=5)
"""How long the walk keeps films, so that the disk has something to be flat at."""

HOUSEKEEPING_S = 30.0


@dataclass(slots=True)
class Outcome:
    """What became of the films. ``accidents``: how many of each kind. ``trends``: what it took up.

    ``longest_lives``: minutes, and MiB at their two ends, of each kind's oldest process.
    """

    acknowledged: int = 0
    graded: int = 0
    delivered: int = 0
    lost: int = 0
    doubled: int = 0
    stranded: int = 0
    parked: int = 0
    settled_in_s: float = 0.0
    sent_twice: int = 0
    accidents: dict[str, int] = field(default_factory=dict)
    trends: dict[str, Trend] = field(default_factory=dict)
    longest_lives: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Nothing lost, doubled, stranded or parked, and something came in."""
        bad = self.lost + self.doubled + self.stranded + self.parked
        return bad == 0 and self.acknowledged > 0


def walk(
    minutes: float, engine: Engine, seed: int, environment: Mapping[str, str] | None = None
) -> Outcome:
    """Return what became of the films of a walk. ``environment``: as Site's."""
    rng = random.Random(seed)  # noqa: S311 - a walk that can be walked again
    with ExitStack() as stack:
        site = Site(stack, engine, environment)
        assert waited(lambda: len(site.workers()) == 2, STARTED_IN_S)
        records = stack.enter_context(closing(open_records(site.settings)))
        modalities = Modalities(site, random.Random(seed + 1), lambda: _is_behind(records))  # noqa: S311
        for _ in range(WARM_UP_FILMS):
            modalities.send_one()
        assert waited(lambda: _waiting(records) == 0, STARTED_IN_S, 0.5), "it works before"
        accidents = Accidents(site, records, rng)
        gauge = Gauge(site, records, min(60.0, max(2.0, 2 * minutes)))
        with _beside(gauge.run, gauge.stop), _housekeeping(records):
            quiet_s = (1.0, min(12.0, 12 * minutes))
            with _beside(modalities.run, modalities.stop):
                end = time.monotonic() + 60 * minutes
                while time.monotonic() < end:
                    time.sleep(rng.uniform(*quiet_s))
                    site.keep_running()
                    _let_it_work(modalities)
                    accidents.happen()
            outcome = _settle(site, records, modalities.acknowledged)
        outcome.accidents = dict(sorted(accidents.counts.items()))
        outcome.trends, outcome.longest_lives = gauge.trends(), gauge.longest_lives()
        return outcome


def _let_it_work(modalities: Modalities) -> None:
    """Wait, within reason, until a film gets through: an accident is to meet what works."""
    before = len(modalities.acknowledged)
    waited(lambda: len(modalities.acknowledged) > before, LET_WORK_S, 0.2)


@contextmanager
def _beside(action: Callable[[], None], stop: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=action)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def _housekeeping(records: Records) -> Iterator[None]:
    """Do often, and within minutes, what workers do once an hour with what is days old."""
    stop = threading.Event()

    def keep_house() -> None:
        while not stop.wait(HOUSEKEEPING_S):
            with suppress(StoreError, NoSpaceError, OSError):
                drop_expired(records.archive, records.films, KEPT)
                adopt_unrecorded(records.archive, records.films, records.intake, 120.0)

    with _beside(keep_house, stop):
        yield


def _is_behind(records: Records) -> bool:
    with suppress(StoreError):
        return _waiting(records) > MOST_WAITING
    return False


def _waiting(records: Records) -> int:
    counts = records.jobs.counts()
    return counts["waiting"] + counts["undelivered"]


def _settle(site: Site, records: Records, acknowledged: set[str]) -> Outcome:
    began = time.monotonic()

    def settled() -> bool:
        site.keep_running()
        return _waiting(records) == 0

    waited(settled, SETTLED_IN_S, 1.0)
    outcome = _count(records, site, acknowledged)
    outcome.settled_in_s = round(time.monotonic() - began, 1)
    return outcome


def _count(records: Records, site: Site, acknowledged: set[str]) -> Outcome:
    counts = records.jobs.counts()
    with records.database.reading() as connection:
        done = sa.select(films.c.sop_instance_uid).where(films.c.state == "graded")
        graded = Counter(connection.scalars(done).all())
        sent = sa.select(sa.func.count()).select_from(deliveries)
        delivered = connection.scalar(sent.where(deliveries.c.state == "delivered")) or 0
        kept = connection.scalars(sa.select(films.c.id).where(films.c.kept)).all()
    gone = [film_id for film_id in kept if not records.archive.has(film_id)]
    return Outcome(
        acknowledged=len(acknowledged),
        graded=sum(graded.values()),
        delivered=delivered,
        lost=len(acknowledged - set(graded)) + len(gone) + abs(delivered - len(site.sink.taken)),
        doubled=sum(graded.values()) - len(graded),
        stranded=counts["waiting"] + counts["undelivered"],
        parked=counts["parked"] + counts["failed"],
        sent_twice=sum(site.sink.taken.values()) - len(site.sink.taken),
    )
