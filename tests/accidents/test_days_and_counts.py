"""The day of each film and the count of each state hold, whoever writes, on both databases."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import sqlalchemy as sa

from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import film_counts, films, results
from radiograde.service.films.film_days import fill_days
from radiograde.service.grading.records import Records, open_records
from tests.accidents.test_databases import brought_to
from tests.service.worklist.stock import Stock

NOON = datetime(2026, 3, 1, 12).astimezone()


def counted(records: Records) -> dict[str, int]:
    """Return the counts that are not 0; they must be those of the rows."""
    with records.database.reading() as connection:
        rows = Counter(connection.scalars(sa.select(films.c.state)))
    found = {state: count for state, count in records.jobs.counts().items() if count}
    assert found == rows
    return dict(rows)


def days(records: Records, table: sa.Table) -> dict[str, str | None]:
    with records.database.reading() as connection:
        found = connection.execute(sa.select(table.c.id, table.c.day)).all()
    return {row.id: row.day for row in found}


def test_films_are_counted_as_they_come_change_and_go(installation: Records) -> None:
    stock = Stock(installation)
    waits, aside = stock.film(), stock.film()
    stock.scored()
    stock.set_aside(aside)
    failed = stock.failed()
    assert counted(installation) == {"waiting": 1, "graded": 1, "set_aside": 1, "failed": 1}
    assert installation.jobs.retry(failed) == 1
    assert counted(installation) == {"waiting": 2, "graded": 1, "set_aside": 1}
    with installation.database.write() as connection:
        connection.execute(sa.update(films).values(kept=False))
        connection.execute(sa.text("DELETE FROM film_sources"))
        connection.execute(sa.delete(films).where(films.c.id == waits))
    assert counted(installation) == {"waiting": 1, "graded": 1, "set_aside": 1}


def test_films_that_come_at_the_same_time_are_all_counted(installation: Records) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: Stock(installation, 100 * number).film(), range(12)))
    assert counted(installation) == {"waiting": 12}


def test_an_upgrade_finds_days_and_counts_and_so_does_an_older_process_s_work(
    settings: Settings,
) -> None:
    with closing(open_records(settings)) as records:
        stock = Stock(records)
        dated = stock.scored(acquired="2026-02-27T23:59:59", received=NOON)
        arrived = stock.scored(received=NOON)
    brought_to(settings.store_url, "0007")
    with closing(open_records(settings, upgrade=True)) as records:
        expected = {dated: "2026-02-27", arrived: "2026-03-01"}
        assert days(records, films) == days(records, results) == expected
        assert counted(records) == {"graded": 2}
        with records.database.write() as connection:  # as a process of version 0007 writes
            connection.execute(sa.update(films).values(day=None, changed=NOON.astimezone(UTC)))
            connection.execute(sa.update(results).values(day=None))
        assert fill_days(records.database) == 2
        assert fill_days(records.database) == 0
        assert days(records, films) == days(records, results) == expected


def test_counts_are_shared_out_and_add_up(installation: Records) -> None:
    Stock(installation).film()
    with installation.database.write() as connection:
        extra = {"state": "waiting", "share": 99, "films": 5}
        connection.execute(sa.insert(film_counts), extra)
    assert installation.jobs.counts()["waiting"] == 6
