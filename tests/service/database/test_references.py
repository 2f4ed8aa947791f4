"""No row refers to what is not there; files in which some do are opened, examined and mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from radiograde.command import main
from radiograde.service.config.settings import Settings
from radiograde.service.database.account_tables import sessions
from radiograde.service.database.engine import Database
from radiograde.service.database.monitor_tables import film_statistics, shadow_gradings
from radiograde.service.database.pacs_tables import prior_fetches
from radiograde.service.database.programme_tables import reading_slots, regradings
from radiograde.service.database.project_tables import project_films, project_members
from radiograde.service.database.references import dangling_rows, remove_dangling_rows
from radiograde.service.database.tables import (
    commitments,
    deliveries,
    film_sources,
    metadata,
    reviews,
    sent_objects,
    traces,
)
from radiograde.service.errors import ContradictionError
from tests.service.database.test_upgrade import to

DAY = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
GONE: dict[sa.Table, dict[str, object]] = {
    film_sources: {"film_id": "nobody", "source": "http"},
    deliveries: {
        "film_id": "nobody",
        "destination": "pacs",
        "state": "waiting",
        "begun": DAY,
        "updated": DAY,
    },
    reviews: {
        "id": "r",
        "result_id": "nobody",
        "reviewer": "kim",
        "created": DAY,
        "verdict": "accepted",
    },
    commitments: {
        "transaction_uid": "2.25.1",
        "film_id": "nobody",
        "destination": "pacs",
        "begun": DAY,
        "asked": DAY,
        "objects": [],
    },
    sent_objects: {
        "film_id": "nobody",
        "destination": "pacs",
        "name": "1.2.3",
        "kind": "sr",
        "began": DAY,
        "sent": DAY,
    },
    prior_fetches: {
        "film_id": "nobody",
        "patient": "A",
        "study_instance_uid": "1.2.3",
        "state": "waiting",
        "attempts": 0,
        "starts": 0,
        "begun": DAY,
        "updated": DAY,
        "films": 0,
    },
    regradings: {
        "film_id": "nobody",
        "model": "ab" * 32,
        "state": "waiting",
        "deliver": False,
        "starts": 0,
    },
    film_statistics: {
        "film_id": "nobody",
        "graded": DAY,
        "model_sha256": "ab" * 32,
        "outcome": "scored",
    },
    shadow_gradings: {"film_id": "nobody", "model": "ab" * 32, "graded": DAY, "document": {}},
    reading_slots: {
        "set_id": "nothing",
        "reader": "kim",
        "position": 0,
        "film_id": "nobody",
        "again": False,
    },
    project_members: {"user": "nobody", "project_id": "nobody", "role": "reader"},
    project_films: {"project_id": "nobody", "film_id": "nobody", "added": DAY, "added_by": "root"},
    traces: {"id": "nobody", "document": {}},
    sessions: {"token_sha256": "t", "user": "nobody", "csrf": "c", "created": DAY, "seen": DAY},
}
"""A row for each table that refers to another, of what was never there."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def loose(settings: Settings) -> Iterator[Database]:
    """Return a database that holds those rows, as SQLite lets them in by itself."""
    Database(settings.store_url).close()
    with closing_engine(settings) as engine, engine.begin() as connection:
        for table, row in GONE.items():
            connection.execute(sa.insert(table), row)
    with closing(Database(settings.store_url)) as database:
        yield database


@contextmanager
def closing_engine(settings: Settings) -> Iterator[sa.Engine]:
    engine = sa.create_engine(settings.store_url)
    yield engine
    engine.dispose()


def test_every_table_that_refers_to_another_is_tried() -> None:
    assert {table for table in metadata.sorted_tables if table.foreign_keys} == GONE.keys()


@pytest.mark.parametrize("table", GONE, ids=str)
def test_no_row_is_taken_in_that_refers_to_nothing(settings: Settings, table: sa.Table) -> None:
    with closing(Database(settings.store_url)) as database:
        with pytest.raises(ContradictionError), database.write() as connection:
            connection.execute(sa.insert(table), GONE[table])
        assert dangling_rows(database) == 0


def test_a_file_that_has_such_rows_opens_and_is_mended(loose: Database) -> None:
    assert dangling_rows(loose) == len(GONE)
    with loose.write() as connection:
        connection.execute(sa.update(deliveries).values(state="parked"))
    remove_dangling_rows(loose)
    assert dangling_rows(loose) == 1
    assert loose.values(sa.select(reviews.c.id), str) == ["r"]


def test_the_doctor_says_so(loose: Database, settings: Settings) -> None:
    arguments = ["doctor", "--data-dir", str(settings.data_dir)]
    said = CliRunner().invoke(main, arguments)
    assert said.exit_code == 1
    assert f"{len(GONE)} records refer to a film, result or user that is not there" in said.output
    mended = CliRunner().invoke(main, [*arguments, "--repair"])
    assert mended.exit_code == 0
    assert dangling_rows(loose) == 1


def test_tables_are_rebuilt_though_others_refer_to_them(settings: Settings) -> None:
    """SQLite changes a column by a new table in the place of the old: nothing may go with that."""
    to(settings.store_url, "0002")
    with closing_engine(settings) as engine, engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO films (id, key, received, door, size, state, attempts, kept) "
            "VALUES ('f', 'k', '2026-03-04 05:06:07', 'http', 1, 'graded', 0, 1)"
        )
        connection.exec_driver_sql(
            "INSERT INTO deliveries (film_id, destination, state, attempts, begun, updated) VALUES "
            "('f', 'pacs', 'delivered', 1, '2026-03-04 05:06:07', '2026-03-04 05:06:07')"
        )
    with closing(Database(settings.store_url, upgrade=True)) as database:
        assert database.values(sa.select(deliveries.c.film_id), str) == ["f"]
        with database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
