"""An edited, removed, moved or cut-off row of the audit trail is found; nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from radiograde.service.audit.audit_store import AuditStore
from radiograde.service.audit.hash_chain import HEAD_FILE
from radiograde.service.database.audit_tables import audit_base, audit_events
from radiograde.service.database.copying import copy_database
from tests.service.audit.trails import found, tamper, trail, values

ROWS = 6
Change = Callable[[sa.Connection], object]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AuditStore]:
    with trail(tmp_path, ROWS) as made:
        yield made


def edit(column: str, value: object, seq: int = 3) -> Change:
    query = sa.update(audit_events).where(audit_events.c.seq == seq).values({column: value})
    return lambda connection: connection.execute(query)


def remove(*numbers: int) -> Change:
    query = sa.delete(audit_events).where(audit_events.c.seq.in_(numbers))
    return lambda connection: connection.execute(query)


def swap(one: int, other: int) -> Change:
    def change(connection: sa.Connection) -> None:
        for old, new in ((one, 1000), (other, one), (1000, other)):
            moved = sa.update(audit_events).where(audit_events.c.seq == old).values(seq=new)
            connection.execute(moved)

    return change


def renumber(gone: int) -> Change:
    """Remove a row and close the gap behind it."""

    def change(connection: sa.Connection) -> None:
        remove(gone)(connection)
        for seq in range(gone + 1, ROWS + 1):
            moved = sa.update(audit_events).where(audit_events.c.seq == seq).values(seq=seq - 1)
            connection.execute(moved)

    return change


def test_a_trail_that_nobody_touched_is_whole(store: AuditStore, tmp_path: Path) -> None:
    assert store.count() == ROWS
    assert found(store, tmp_path) == []


@pytest.mark.parametrize("column", [one.name for one in audit_events.c if one.name != "seq"])
def test_an_edit_of_any_column_is_found(store: AuditStore, tmp_path: Path, column: str) -> None:
    value = {"number": 9} if column == "detail" else "x"
    tamper(store.database, edit(column, value))
    kinds = [(flaw.kind, flaw.seq) for flaw in found(store, tmp_path)]
    # A hash that is another fits neither its own row nor the one after.
    assert kinds == [("changed", 3), ("changed", 4)][: 2 if column == "hash" else 1]


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (remove(3), [("missing", 3)]),
        (remove(1), [("missing", 1)]),
        (remove(2, 3), [("missing", 2)]),
        (remove(ROWS), [("cut_off", ROWS)]),
        (remove(ROWS - 1, ROWS), [("cut_off", ROWS - 1)]),
        (remove(*range(1, ROWS + 1)), [("cut_off", 1)]),
    ],
)
def test_a_removed_row_is_found(
    store: AuditStore, tmp_path: Path, change: Change, kinds: list[tuple[str, int]]
) -> None:
    tamper(store.database, change)
    assert [(flaw.kind, flaw.seq) for flaw in found(store, tmp_path)] == kinds


def test_rows_that_changed_places_are_found(store: AuditStore, tmp_path: Path) -> None:
    tamper(store.database, swap(2, 4))
    assert {2, 4} <= {flaw.seq for flaw in found(store, tmp_path)}


def test_a_gap_that_was_closed_is_found(store: AuditStore, tmp_path: Path) -> None:
    tamper(store.database, renumber(3))
    kinds = {flaw.kind for flaw in found(store, tmp_path)}
    assert kinds == {"changed", "cut_off"}


def test_a_head_that_is_gone_is_found(store: AuditStore, tmp_path: Path) -> None:
    (tmp_path / HEAD_FILE).unlink()
    assert [flaw.kind for flaw in found(store, tmp_path)] == ["no_head"]


def test_the_database_itself_refuses_to_change_rows(store: AuditStore) -> None:
    for change in (edit("actor", "x"), remove(1), remove(ROWS)):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            store.database.engine.begin() as connection,
        ):
            change(connection)


def test_what_is_past_its_time_goes_and_the_rest_is_whole(tmp_path: Path) -> None:
    with trail(tmp_path, ROWS) as store:
        cut = list(store.in_order())[3].at
        assert store.prune(cut) == 3
        assert [row.seq for row in store.in_order()] == [4, 5, 6]
        assert found(store, tmp_path) == []
        tamper(store.database, remove(4))
        assert [(one.kind, one.seq) for one in found(store, tmp_path)] == [("missing", 4)]


def test_who_cuts_the_beginning_off_cannot_make_it_look_like_the_rule(tmp_path: Path) -> None:
    with trail(tmp_path, ROWS) as store:
        third = list(store.in_order())[2]

        def change(connection: sa.Connection) -> None:
            remove(1, 2, 3)(connection)
            connection.execute(sa.update(audit_base).values(seq=3, hash=third.hash))

        tamper(store.database, change)
        assert [flaw.kind for flaw in found(store, tmp_path)] == ["begun_late"]


def test_all_may_be_past_their_time(tmp_path: Path) -> None:
    with trail(tmp_path, 2) as store:
        assert store.prune("9") == 2
        store.append([values()])
        assert [row.seq for row in store.in_order()] == [3]
        assert found(store, tmp_path) == []


def test_without_the_key_no_row_can_be_made_anew(tmp_path: Path) -> None:
    """A copy of the database alone, in which the chain is built anew with another key."""
    with trail(tmp_path / "here", 3) as store:
        (tmp_path / "there").mkdir()
        copy_database(store.database, tmp_path / "there" / "audit.sqlite")
    with trail(tmp_path / "there") as forged:
        assert {flaw.kind for flaw in found(forged, tmp_path / "there")} >= {"changed"}


def test_a_time_is_kept_so_that_texts_sort_as_times_do(store: AuditStore) -> None:
    times = [row.at for row in store.in_order()]
    assert times == sorted(times)
    assert all(len(one) == 27 and one.endswith("Z") for one in times)
