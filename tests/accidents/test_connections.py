"""Connections to PostgreSQL: few, bounded, and to sessions that are kept."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from radiograde.service.config.settings import Settings
from radiograde.service.database.connection_pools import (
    AUDIT_MOST,
    QUEUE_MOST,
    RESULTS_KEPT,
    RESULTS_MOST,
    WORKING_MOST,
)
from radiograde.service.database.engine import Database, open_engine
from radiograde.service.errors import StoreError
from radiograde.service.grading.records import open_records
from radiograde.service.grading.slots import take_slot
from radiograde.service.grading.worker import working
from tests.accidents.pgbouncer import PROGRAM, pgbouncer
from tests.accidents.postgres import Postgres
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import Outbox, work_with
from tests.service.processes import waited

MOST_OF_A_WORKER = RESULTS_MOST + AUDIT_MOST + QUEUE_MOST + WORKING_MOST + 1

needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="Debian's pgbouncer is absent")


def connections(url: str) -> int:
    """Return how many others are connected to a database."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        count = int(connection.exec_driver_sql(query).scalar_one())
    engine.dispose()
    return count


def test_a_worker_holds_few_connections_and_never_more_than_is_said(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.database("few")
    outbox = Outbox()
    counts: list[int] = []
    with closing(open_records(Settings(data_dir=tmp_path, database_url=SecretStr(url)))) as records:
        slot = take_slot(records.database, threading.Event())
        assert slot is not None
        films = [
            records.intake.accept(film_bytes(SOPInstanceUID=f"1.{n}"), "dicom").film_id
            for n in range(6)
        ]
        with working(work_with(records, outbox), url, slot, graders=2):

            def done() -> bool:
                counts.append(connections(url))
                return len(outbox.sent) == len(films)

            assert waited(done), f"{len(outbox.sent)} of {len(films)}"
        slot.release()
    assert max(counts) <= MOST_OF_A_WORKER


def test_who_comes_beyond_the_bound_waits_and_is_served(postgres: Postgres) -> None:
    url = postgres.database("bound")
    together = threading.Barrier(RESULTS_MOST)
    with closing(Database(url)) as database:

        def read(number: int) -> int:
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT 1")
                if number < RESULTS_MOST:
                    together.wait(30)
                found = connections(url) if number == 0 else 0
                if number < RESULTS_MOST:
                    together.wait(30)
                return found

        with ThreadPoolExecutor(3 * RESULTS_MOST) as threads:
            counts = list(threads.map(read, range(3 * RESULTS_MOST)))
        assert max(counts) == RESULTS_MOST
        assert waited(lambda: connections(url) == RESULTS_KEPT, 10)


@needs_pgbouncer
def test_a_pooler_that_keeps_no_sessions_is_refused_in_words(postgres: Postgres) -> None:
    with (
        pgbouncer(postgres, postgres.database("transaction"), "transaction") as pooled,
        pytest.raises(StoreError) as refused,
    ):
        open_engine(pooled)
    assert "pool_mode = session" in refused.value.message


@needs_pgbouncer
def test_work_is_done_by_way_of_a_pooler_that_keeps_sessions(
    postgres: Postgres, tmp_path: Path
) -> None:
    outbox = Outbox()
    with pgbouncer(postgres, postgres.database("session"), "session") as pooled:
        settings = Settings(data_dir=tmp_path, database_url=SecretStr(pooled))
        with closing(open_records(settings)) as records:
            slot = take_slot(records.database, threading.Event())
            assert slot is not None
            records.intake.accept(film_bytes(), "dicom")
            with working(work_with(records, outbox), pooled, slot, graders=2):
                assert waited(lambda: len(outbox.sent) == 1)
            slot.release()
