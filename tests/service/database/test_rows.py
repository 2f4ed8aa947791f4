from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of, first_of, in_parts, rows_of
from radiograde.service.database.tables import films
from radiograde.service.errors import StoreError

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Arrival:
    """Fields in another order than the columns; ``source`` is stored under an older name."""

    source: str
    received: datetime
    id: str


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")
    rows = [
        {"id": id, "key": id, "received": NOON, "source": "http", "size": 1, "state": "waiting"}
        for id in ("one", "two")
    ]
    with opened.write() as connection:
        connection.execute(sa.insert(films), rows)
    yield opened
    opened.close()


ARRIVALS = sa.select(*columns_of(films, Arrival)).order_by(films.c.id)
FIRST, SECOND = Arrival("http", NOON, "one"), Arrival("http", NOON, "two")


def test_rows_become_what_is_asked_for(database: Database) -> None:
    assert database.rows(ARRIVALS, Arrival) == [FIRST, SECOND]
    assert database.first(ARRIVALS, Arrival) == FIRST
    with database.write() as connection:
        assert rows_of(connection, ARRIVALS, Arrival) == [FIRST, SECOND]
        assert first_of(connection, ARRIVALS, Arrival) == FIRST


def test_nothing_is_found_where_nothing_is(database: Database) -> None:
    none = ARRIVALS.where(films.c.id == "three")
    assert database.rows(none, Arrival) == []
    assert database.first(none, Arrival) is None
    assert not database.exists(none)
    assert database.exists(ARRIVALS)


def test_one_column_becomes_values(database: Database) -> None:
    assert database.values(sa.select(films.c.id).order_by(films.c.id), str) == ["one", "two"]


def test_a_field_without_a_column_is_an_error() -> None:
    @dataclass
    class Departure:
        left: datetime

    with pytest.raises(KeyError, match="left"):
        columns_of(films, Departure)


def test_a_database_that_is_away_is_said(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "engine", sa.create_engine("sqlite:////nowhere/store.sqlite"))
    for ask in (
        lambda: database.rows(ARRIVALS, Arrival),
        lambda: database.first(ARRIVALS, Arrival),
        lambda: database.values(ARRIVALS, str),
        lambda: database.exists(ARRIVALS),
        database.ping,
    ):
        with pytest.raises(StoreError, match="does not answer"):
            ask()


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (500, [500]), (1001, [500, 500, 1])])
def test_ids_are_asked_for_in_parts_and_none_is_left_out(count: int, sizes: list[int]) -> None:
    ids = [str(number) for number in range(count)]
    parts = list(in_parts(iter(ids)))
    assert [len(part) for part in parts] == sizes
    assert [id for part in parts for id in part] == ids
