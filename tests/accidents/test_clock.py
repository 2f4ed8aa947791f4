"""A clock that was wrong, and is set right: nothing is lost by it, and nothing waits for its day.

The walk has whole processes whose clock jumps; here each record is as such a clock leaves it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from radiograde.service.database.tables import deliveries, films, workers
from radiograde.service.delivery.destinations.retry_after import LONGEST_S
from radiograde.service.errors import NoSpaceError, UnreachableError
from radiograde.service.grading.housekeeping import adopt_unrecorded, drop_expired
from radiograde.service.grading.reconciler import standing
from radiograde.service.grading.records import Records
from radiograde.service.grading.slots import living, take_slot
from tests.accidents.test_standing_work import FullScorer, accepted, change, workflows
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import Outbox, work_with

DAY = timedelta(days=1)


@contextmanager
def delays_reckoned_a_day_ahead() -> Iterator[None]:
    """Have the clock that delays are reckoned by a day ahead within the ``with`` block."""
    right = time.time
    with pytest.MonkeyPatch.context() as wrong:
        wrong.setattr(time, "time", lambda: right() + DAY.total_seconds())
        yield


def test_a_worker_that_died_while_the_clock_was_ahead_does_not_live_on(
    installation: Records,
) -> None:
    accepted(installation)
    slot = take_slot(installation.database, threading.Event())
    assert slot is not None
    change(
        installation,
        f"UPDATE {workflows(installation)} SET status = 'PENDING', executor_id = '{slot.name}'",  # noqa: S608
    )
    with installation.database.write() as connection:
        connection.execute(sa.update(workers).values(seen=datetime.now(UTC) + DAY))
    assert work_with(installation).reconciler.reconcile() == 1
    slot.beat()
    with installation.database.reading() as connection:
        assert living(connection) == {slot.name}, "one that lives says so again"
    slot.release()


def test_what_was_put_off_by_a_clock_that_was_ahead_does_not_wait_for_its_day(
    installation: Records,
) -> None:
    full = NoSpaceError("Full.")
    outbox = Outbox(error=full)
    work = work_with(installation, outbox)
    graded, waits = accepted(installation), accepted(installation, film_bytes(SOPInstanceUID="1.2"))
    work.grade(graded)
    change(installation, f"UPDATE {workflows(installation)} SET status = 'SUCCESS'")  # noqa: S608
    broken = work_with(installation, outbox, scorer=FullScorer(full))
    with delays_reckoned_a_day_ahead():
        broken.grade(waits)
        work.deliver(graded, "pacs")
    found = standing(installation.database, installation.queue)
    assert (found.films, [one.film_id for one in found.deliveries]) == ([waits], [graded])
    assert work.reconciler.reconcile() == 2
    assert not standing(installation.database, installation.queue)


def test_what_a_destination_asks_to_wait_is_waited(installation: Records) -> None:
    busy = UnreachableError("Busy.")
    busy.retry_after_s = LONGEST_S
    work = work_with(installation, Outbox(error=busy))
    film = accepted(installation)
    work.grade(film)
    change(installation, f"UPDATE {workflows(installation)} SET status = 'SUCCESS'")  # noqa: S608
    work.deliver(film, "pacs")
    assert not standing(installation.database, installation.queue)


def test_no_clock_lets_a_film_go_that_is_not_done(installation: Records) -> None:
    outbox = Outbox(error=NoSpaceError("Full."))
    work = work_with(installation, outbox)
    waits = accepted(installation)
    unsent = accepted(installation, film_bytes(SOPInstanceUID="1.2"))
    work.grade(unsent)
    done = accepted(installation, film_bytes(SOPInstanceUID="1.3"))
    work_with(installation).grade(done)
    with installation.database.write() as connection:
        connection.execute(sa.update(films).values(received=datetime.now(UTC) - 40 * DAY))
        connection.execute(sa.delete(deliveries).where(deliveries.c.film_id == done))
    drop_expired(installation.archive, installation.films, 30 * DAY)
    assert set(installation.archive.ids()) == {waits, unsent}


def test_a_folder_that_seems_old_while_its_film_comes_in_is_taken_once(
    installation: Records,
) -> None:
    keep = installation.archive.keep

    def keep_and_be_overtaken(film_id: str, content: bytes) -> None:
        keep(film_id, content)
        housekeeping = (installation.archive, installation.films, installation.intake)
        assert adopt_unrecorded(*housekeeping, -DAY.total_seconds()) == 1

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(type(installation.archive), "keep", staticmethod(keep_and_be_overtaken))
        film = accepted(installation)
    assert list(installation.archive.ids()) == [film]
    work_with(installation).grade(film)
    assert installation.jobs.get(film).state == "graded"
