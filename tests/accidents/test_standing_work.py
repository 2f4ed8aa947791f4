"""What waits is worked on again, whatever became of those who were at it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.database.tables import deliveries, films, workers
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.retry_policy import MOST_STARTS
from radiograde.service.errors import NoSpaceError, StoreError, UnreachableError
from radiograde.service.grading.film_grader import MOST_ATTEMPTS
from radiograde.service.grading.reconciler import standing
from radiograde.service.grading.records import Records
from radiograde.service.grading.slots import living, take_slot
from radiograde.service.grading.worker import working
from tests.accidents.postgres import Postgres
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer
from tests.service.grading.conftest import MakeFilm
from tests.service.grading.graders import Outbox, work_with
from tests.service.processes import waited


def accepted(records: Records, content: bytes | None = None) -> str:
    return records.intake.accept(content or film_bytes(), "dicom").film_id


def workflows(records: Records) -> str:
    return (
        "workflow_status" if records.database.url.startswith("sqlite") else "dbos.workflow_status"
    )


def change(records: Records, statement: str) -> None:
    with records.database.write() as connection:
        connection.execute(sa.text(statement))


def test_work_that_the_queue_gave_up_is_queued_again(installation: Records) -> None:
    outbox = Outbox()
    work = work_with(installation, outbox)
    sent, waits = accepted(installation), accepted(installation, film_bytes(SOPInstanceUID="1.2"))
    work.grade(sent)
    assert not standing(installation.database, installation.queue)
    change(installation, f"UPDATE {workflows(installation)} SET status = 'ERROR'")  # noqa: S608
    found = standing(installation.database, installation.queue)
    assert (found.films, [one.film_id for one in found.deliveries]) == ([waits], [sent])
    assert work.reconciler.reconcile() == 2
    assert work.reconciler.reconcile() == 0
    slot = take_slot(installation.database, threading.Event())
    assert slot is not None
    with working(work, installation.database.url, slot, graders=2):
        assert waited(lambda: len(outbox.sent) == 2)
    slot.release()


def test_what_a_dead_worker_had_begun_is_begun_again_and_that_of_a_living_one_is_not(
    installation: Records,
) -> None:
    accepted(installation)
    work = work_with(installation)
    slot = take_slot(installation.database, threading.Event())
    assert slot is not None
    change(
        installation,
        f"UPDATE {workflows(installation)} SET status = 'PENDING', executor_id = '{slot.name}'",  # noqa: S608
    )
    assert work.reconciler.reconcile() == 0
    with installation.database.write() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=1)
        connection.execute(sa.update(workers).values(seen=long_ago))
    assert work.reconciler.reconcile() == 1
    slot.beat()
    with installation.database.reading() as connection:
        assert living(connection) == {slot.name}
    slot.release()


def test_two_workers_are_never_one_though_connections_are_cut(
    postgres: Postgres, installation: Records
) -> None:
    if installation.database.url.startswith("sqlite"):
        pytest.skip("beside SQLite one worker works")
    first = take_slot(installation.database, threading.Event())
    assert first is not None
    postgres.cut_connections()
    second = take_slot(installation.database, threading.Event())
    assert second is not None
    first.beat()
    assert first.name != second.name
    with installation.database.reading() as connection:
        assert living(connection) == {first.name, second.name}


def test_films_that_come_while_the_database_goes_are_all_graded_and_sent(
    postgres: Postgres, installation: Records, make_film: MakeFilm
) -> None:
    if installation.database.url.startswith("sqlite"):
        pytest.skip("a file does not go away")
    outbox = Outbox()
    work = work_with(installation, outbox)
    slot = take_slot(installation.database, threading.Event())
    assert slot is not None
    acknowledged = []
    with working(work, installation.database.url, slot, graders=2):
        for number in range(12):
            if number == 4:
                postgres.cut_connections()
            if number == 8:
                postgres.stop()
            try:
                acknowledged.append(accepted(installation, make_film(number)))
            except StoreError:
                if number > 8:
                    break
        postgres.start()
        work.reconciler.breakers._came_back.set()  # as a minute later
        assert waited(lambda: {film for film, _ in outbox.sent} >= set(acknowledged), 90)
        assert waited(lambda: installation.jobs.counts()["undelivered"] == 0)
    assert len(acknowledged) >= 7


def test_a_delivery_that_kills_the_worker_is_parked(installation: Records) -> None:
    outbox = Outbox()
    work = work_with(installation, outbox)
    film = accepted(installation)
    work.grade(film)
    for _ in range(MOST_STARTS):
        installation.deliveries.begin(film, "pacs")  # and the process ends here
    work.deliver(film, "pacs")
    (delivery,) = installation.jobs.get(film).deliveries
    assert (delivery.state, delivery.error, outbox.calls) == ("parked", "gave_up", 0)
    assert installation.jobs.retry(film) == 1
    work.deliver(film, "pacs")
    assert len(outbox.sent) == 1


@pytest.mark.parametrize("error", [NoSpaceError("Full."), StoreError("Away."), OSError(28, "Full")])
def test_a_fault_of_this_side_counts_for_nothing(installation: Records, error: Exception) -> None:
    outbox = Outbox(error=error)
    work = work_with(installation, outbox, scorer=FullScorer(error))
    film = accepted(installation)
    for _ in range(2 * MOST_ATTEMPTS):
        work.grade(film)
    job = installation.jobs.get(film)
    assert (job.state, job.attempts) == ("waiting", 0)
    work_with(installation, outbox).grade(film)
    for _ in range(10):
        work.deliver(film, "pacs")
    (delivery,) = installation.jobs.get(film).deliveries
    assert (delivery.state, delivery.attempts) == ("waiting", 0)
    assert not standing(installation.database, installation.queue)
    outbox.error = None
    work.deliver(film, "pacs")
    assert len(outbox.sent) == 1


class FullScorer(FakeScorer):
    """Meets a full disk."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def score(self, radiograph: Radiograph) -> SeverityResult:
        raise self.error


def test_a_dead_destination_is_probed_and_not_stormed(
    installation: Records, make_film: MakeFilm
) -> None:
    now = [0.0]
    outbox = Outbox(error=UnreachableError("Nobody answers."))
    work = work_with(installation, outbox, breakers=Breakers(clock=lambda: now[0]))
    sent = [accepted(installation, make_film(number)) for number in range(20)]
    for film in sent:
        work.grade(film)
    for minute in range(10):
        now[0] = 60.0 * minute
        for film in sent:
            work.deliver(film, "pacs")
    assert outbox.calls == 3 + 9, "three find out, then one a minute"
    assert installation.jobs.counts()["parked"] == 0
    now[0] = 3600.0
    outbox.error = None
    work.deliver(sent[0], "pacs")
    assert work.reconciler.breakers.came_back()
    change(installation, f"UPDATE {workflows(installation)} SET status = 'SUCCESS'")  # noqa: S608
    assert work.reconciler.reconcile() == 19
    with installation.database.reading() as connection:
        states = connection.scalars(sa.select(deliveries.c.state)).all()
    assert states.count("waiting") == 19


def test_an_unreadable_film_may_be_retried_without_end(installation: Records) -> None:
    film = accepted(installation, film_bytes()[:-1000])
    work = work_with(installation)
    for _ in range(8):
        work.grade(film)
        assert installation.jobs.get(film).reason == "truncated"
        assert installation.jobs.retry(film) == 1
    with installation.database.reading() as connection:
        (key,) = connection.scalars(sa.select(films.c.key))
    assert len(key) < 160
