"""The tables are the truth: what waits by them and that nobody works on is queued again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import sqlalchemy as sa
import structlog

from radiograde.service.database.engine import Database
from radiograde.service.database.pacs_tables import prior_fetches
from radiograde.service.database.tables import deliveries, films
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.delivery_repository import DeliveryRepository
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.films.stopped_films import MODEL_STOPPED as HELD
from radiograde.service.grading.slots import BEAT_S, Slot, forget_dead, living
from radiograde.service.notifications.notice_repository import NoticeRepository
from radiograde.service.priors.prior_repository import PriorRepository
from radiograde.service.queue import DurableQueue, Piece

log = structlog.get_logger("radiograde.work")

EVERY_S = 60.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Films, and deliveries as film and destination, that wait without anybody at work on them.

    ``priors``: films whose priors wait so.
    """

    films: list[str]
    deliveries: list[Piece]
    priors: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.films or self.deliveries or self.priors)


def standing(database: Database, queue: DurableQueue) -> Standing:
    """Return what waits and is neither queued nor begun by a worker that lives.

    Not what waits because the model is stopped.

    Raises:
        StoreError: the database does not answer.
    """
    # What waits is read first: work that was recorded meanwhile is then seen as such.
    waits = sa.and_(films.c.state == "waiting", sa.func.coalesce(films.c.reason, "") != HELD)
    waiting = database.values(sa.select(films.c.id).where(waits), str)
    to_send = database.rows(
        sa.select(deliveries.c.film_id, deliveries.c.destination).where(
            deliveries.c.state == "waiting"
        ),
        Piece,
    )
    to_fetch = database.values(
        sa.select(prior_fetches.c.film_id).where(prior_fetches.c.state == "waiting"), str
    )
    with database.reading() as connection:
        in_hand = queue.in_hand(connection, living(connection))
    return Standing(
        [film_id for film_id in waiting if Piece(film_id) not in in_hand],
        [piece for piece in to_send if piece not in in_hand],
        [film_id for film_id in to_fetch if Piece(film_id, priors=True) not in in_hand],
    )


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Queues standing work again, and says that its worker lives."""

    database: Database
    queue: DurableQueue
    films: FilmRepository
    deliveries: DeliveryRepository
    priors: PriorRepository
    breakers: Breakers
    notices: NoticeRepository | None = None

    def reconcile(self) -> int:
        """Have all standing work done; return how many pieces of it there were.

        Of the work for a destination that does not answer, only what is due to be tried.

        Raises:
            StoreError: the database does not answer.
        """
        with self.database.write() as connection:
            alive = living(connection)
            forget_dead(connection, alive)
        resumed = self.queue.resume(alive)
        found = standing(self.database, self.queue)
        for film_id in found.films:
            self.films.put_off(film_id, 0.0)
        sent = self._deliver(found.deliveries)
        notified = self._notify()
        for film_id in found.priors:
            self.priors.go_on(film_id)
        count = resumed + len(found.films) + sent + notified + len(found.priors)
        if count:
            log.info(
                "work_resumed",
                films=len(found.films),
                deliveries=sent,
                notifications=notified,
                begun=resumed,
            )
        return count

    def _notify(self) -> int:
        """Have notifications sent that nobody is at work on; return how many."""
        waiting = [] if self.notices is None else self.notices.waiting()
        if self.notices is None or not waiting:
            return 0
        with self.database.reading() as connection:
            in_hand = {one.film_id for one in self.queue.in_hand(connection, living(connection))}
        standing = [id for id in waiting if id not in in_hand]
        for id in standing:
            self.notices.go_on(id)
        return len(standing)

    def _deliver(self, pieces: Collection[Piece]) -> int:
        down = self.breakers.down()
        probes: set[str] = set()
        sent = 0
        for piece in pieces:
            if piece.destination in down:
                is_probe = piece.destination not in probes
                probes.add(piece.destination)
                if not is_probe:
                    continue
            self.deliveries.go_on(piece.film_id, piece.destination)
            sent += 1
        return sent

    def run(self, stop: threading.Event, slot: Slot, every_s: float = EVERY_S) -> None:
        """Until ``stop``: beat, and reconcile at once, then every ``every_s``.

        And whenever a destination answers again.
        """
        beat = _Regularly(BEAT_S, slot.beat)
        reconcile = _Regularly(every_s, self.reconcile)
        while not stop.wait(0.2):
            beat.attend()
            if self.breakers.came_back():
                reconcile.due = 0.0
            reconcile.attend()


class _Regularly:
    """Does a task at intervals; what goes wrong is logged, and tried again."""

    def __init__(self, every_s: float, task: Callable[[], object]) -> None:
        self._every_s = every_s
        self._task = task
        self.due = 0.0

    def attend(self) -> None:
        if time.monotonic() < self.due:
            return
        try:
            self._task()
            self.due = time.monotonic() + self._every_s
        except Exception as error:  # noqa: BLE001 - this thread must outlive whatever it is
            self.due = time.monotonic() + min(BEAT_S, self._every_s)
            log.warning("reconciling_put_off", type=type(error).__name__)
