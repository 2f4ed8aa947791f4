from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.schema import CreateIndex
from ulid import ULID

from radiograde.model.errors import NotFoundError
from radiograde.model.scoring.result import Failure, ImageFacts, SeverityResult
from radiograde.service.database.engine import Database, open_engine
from radiograde.service.database.tables import metadata
from radiograde.service.errors import StoreError
from radiograde.service.films.result_repository import ResultRepository
from tests.service.fakes import FACTS, scored


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'results.sqlite'}"


def add(database: Database, result: SeverityResult) -> SeverityResult:
    """Keep a result and return it with its id."""
    kept = dataclasses.replace(result, id=str(ULID()))
    with database.write() as connection:
        ResultRepository(database).add(connection, kept, datetime.now(UTC))
    return kept


def test_what_is_added_comes_back_to_the_digit(url: str) -> None:
    database = Database(url)
    kept = add(database, scored())
    assert kept.id is not None
    assert ResultRepository(database).get(kept.id) == kept.to_json()


def test_results_outlive_the_store(url: str) -> None:
    first = Database(url)
    kept = add(first, SeverityResult("failed", FACTS, error=Failure("truncated", "Cut short.")))
    first.close()
    assert kept.id is not None
    assert ResultRepository(Database(url)).get(kept.id) == kept.to_json()


def test_a_row_says_what_it_is_looked_up_by(url: str) -> None:
    image = ImageFacts(
        "dicom", "ef" * 32, 9, 8, "PA", sop_instance_uid="1.2.3", study_instance_uid="1.2"
    )
    add(Database(url), scored(image))
    with sa.create_engine(url).connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM results")).mappings().one()
    assert row["status"] == "scored"
    assert row["image_sha256"] == "ef" * 32
    assert row["model_sha256"] == FACTS.sha256
    assert (row["study_instance_uid"], row["sop_instance_uid"]) == ("1.2", "1.2.3")


def test_an_unknown_id_is_not_found(url: str) -> None:
    with pytest.raises(NotFoundError):
        ResultRepository(Database(url)).get("none")


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_the_tables_of_the_code(url: str) -> None:
    with open_engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        rows = connection.execute(sa.text("SELECT name, sql FROM sqlite_master"))
        made = {row.name: row.sql for row in rows}
        for table in metadata.tables.values():
            for index in table.indexes:  # also those by an expression, which are not compared above
                if "coalesce" in str(CreateIndex(index)):
                    assert made[index.name] == str(CreateIndex(index).compile(connection))


def test_sqlite_writes_ahead(url: str) -> None:
    with open_engine(url).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_stores_may_be_opened_at_the_same_time(url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(lambda _: Database(url), range(8)))
        kept = list(threads.map(lambda database: add(database, scored()), opened * 5))
    assert len({result.id for result in kept}) == 40
    assert len(ResultRepository(opened[0]).page(200).documents) == 40


def test_a_store_of_a_newer_version_is_left_alone(url: str) -> None:
    with open_engine(url).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer version"):
        Database(url)


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        "nonsense://user:hunter2@host/name",
        "sqlite:////nowhere/at/all/results.sqlite",
        "postgresql+psycopg://user:hunter2@127.0.0.1:1/name",
    ],
)
def test_a_store_that_cannot_be_opened_says_so_without_the_password(bad: str) -> None:
    with pytest.raises(StoreError) as caught:
        Database(bad)
    assert "hunter2" not in caught.value.message


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "results.sqlite"
    file.write_bytes(b"something else" * 100)
    with pytest.raises(StoreError):
        Database(f"sqlite:///{file}")
    assert file.read_bytes() == b"something else" * 100


def test_a_lost_store_is_said(url: str) -> None:
    database = Database(url)
    store = ResultRepository(database)
    with open_engine(url).begin() as connection:
        connection.exec_driver_sql("DROP TABLE results")
    for use in (lambda: store.get("x"), lambda: store.page(1), lambda: add(database, scored())):
        with pytest.raises(StoreError):
            use()


def test_maps_are_not_kept(url: str) -> None:
    kept = add(Database(url), scored())
    assert "maps" not in kept.to_json()
