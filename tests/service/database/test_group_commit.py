"""Writes of several threads share a transaction, and each has its own answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.group_commit import GroupCommit
from radiograde.service.errors import ContradictionError, StoreError
from tests.service.dimse.fakes import wait_for


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path: Path = tmp_path_factory.mktemp("group") / "one.sqlite"
    with closing(Database(f"sqlite:///{path}")) as one:
        with one.write() as connection:
            connection.execute(sa.text("CREATE TABLE numbers (number INTEGER PRIMARY KEY)"))
        yield one


@pytest.fixture
def commits(database: Database) -> Iterator[list[object]]:
    """Return a list that grows with each commit; the table is empty."""
    with database.write() as connection:
        connection.execute(sa.text("DELETE FROM numbers"))
    seen: list[object] = []

    def see(connection: sa.Connection) -> None:
        seen.append(connection)

    sa.event.listen(database.engine, "commit", see)
    yield seen
    sa.event.remove(database.engine, "commit", see)


def numbers(database: Database) -> list[int]:
    with database.reading() as connection:
        query = sa.text("SELECT number FROM numbers ORDER BY number")
        return list(connection.scalars(query))


def insert(number: int, connection: sa.Connection) -> None:
    connection.execute(sa.text("INSERT INTO numbers VALUES (:number)"), {"number": number})


def write_while_one_is_committed(
    together: GroupCommit, following: list[int]
) -> list[BaseException | None]:
    """Have writes wait for a first one, and return what each of them came to."""
    begun, go = threading.Event(), threading.Event()

    def first(connection: sa.Connection) -> None:
        begun.set()
        assert go.wait(60)
        insert(0, connection)

    with ThreadPoolExecutor(len(following) + 1) as executor:
        leading = executor.submit(together.run, first)
        assert begun.wait(60)
        waiting = [executor.submit(together.run, partial(insert, one)) for one in following]
        wait_for(lambda: len(together._waiting) == len(following), 60)
        go.set()
        leading.result(60)
        return [one.exception(60) for one in waiting]


def test_who_waits_shares_one_transaction(database: Database, commits: list[object]) -> None:
    outcomes = write_while_one_is_committed(GroupCommit(database), [1, 2, 3, 4, 5])
    assert outcomes == [None] * 5
    assert numbers(database) == [0, 1, 2, 3, 4, 5]
    assert len(commits) == 2


def test_a_contradiction_is_its_own_writers_alone(
    database: Database, commits: list[object]
) -> None:
    outcomes = write_while_one_is_committed(GroupCommit(database), [1, 2, 2, 3])
    assert [type(one) for one in outcomes if one is not None] == [ContradictionError]
    assert numbers(database) == [0, 1, 2, 3]


def test_nothing_is_said_to_be_written_that_is_not(
    database: Database, commits: list[object]
) -> None:
    def asks_for_what_is_not_there(connection: sa.Connection) -> None:
        connection.execute(sa.text("SELECT * FROM nothing"))

    def breaks(_: sa.Connection) -> None:
        raise ValueError("a fault of the program")

    with pytest.raises(ValueError, match="a fault"):
        GroupCommit(database).run(breaks)
    with pytest.raises(StoreError):
        GroupCommit(database).run(asks_for_what_is_not_there)
    GroupCommit(database).run(partial(insert, 7))
    assert numbers(database) == [7]
