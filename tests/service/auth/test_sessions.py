from __future__ import annotations

import pytest
import sqlalchemy as sa

from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import Principal
from radiograde.service.database.account_tables import sessions, users
from radiograde.service.database.engine import Database
from radiograde.service.errors import StoreError
from tests.service.accounts import TurnedClock

KIM = Principal("kim", "reader")


@pytest.fixture(autouse=True)
def kim(access: Access) -> None:
    access.users.add("kim", "reader", "hash")


def test_a_session_is_its_users(access: Access) -> None:
    token, session = access.sessions.open(KIM)
    assert access.sessions.find(token) == session
    assert session.principal == KIM
    assert len(token) >= 43
    assert access.sessions.find(session.csrf) is None
    assert access.sessions.find("") is None
    assert access.sessions.find("\udc80") is None


def test_the_token_itself_is_not_kept(access: Access, database: Database) -> None:
    token, _ = access.sessions.open(KIM)
    (row,) = database.rows(sa.select(sessions), dict[str, object])
    assert token not in map(str, row.values())


def test_no_two_sessions_are_alike(access: Access) -> None:
    opened = [access.sessions.open(KIM) for _ in range(3)]
    assert len({token for token, _ in opened}) == 3
    assert len({session.csrf for _, session in opened}) == 3


def test_a_session_ends_an_hour_after_it_was_last_used(access: Access, clock: TurnedClock) -> None:
    token, _ = access.sessions.open(KIM)
    for _ in range(3):
        clock.turn(minutes=59)
        assert access.sessions.find(token) is not None
    clock.turn(minutes=60)
    assert access.sessions.find(token) is None


def test_what_a_page_asks_by_itself_does_not_prolong_a_session(
    access: Access, clock: TurnedClock
) -> None:
    token, _ = access.sessions.open(KIM)
    for _ in range(2):
        clock.turn(minutes=25)
        assert access.sessions.find(token, attended=False) is not None
    clock.turn(minutes=10)
    assert access.sessions.find(token) is None


def test_a_session_ends_after_twelve_hours_however_busy(access: Access, clock: TurnedClock) -> None:
    token, _ = access.sessions.open(KIM)
    for _ in range(23):
        clock.turn(minutes=30)
        assert access.sessions.find(token) is not None
    clock.turn(minutes=30)
    assert access.sessions.find(token) is None


def test_being_seen_is_written_once_a_minute(
    access: Access, clock: TurnedClock, database: Database
) -> None:
    token, _ = access.sessions.open(KIM)

    def seen() -> object:
        return database.values(sa.select(sessions.c.seen), lambda seen: seen)[0]

    began = seen()
    clock.turn(seconds=59)
    access.sessions.find(token)
    assert seen() == began
    clock.turn(seconds=1)
    access.sessions.find(token)
    assert seen() == clock.timestamp


def test_who_can_be_read_can_come_in_though_nothing_can_be_written(
    access: Access, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, _ = access.sessions.open(KIM)
    clock.turn(minutes=2)

    def full(*_: object) -> object:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(Database, "write", full)
    assert access.sessions.find(token) is not None


def test_sessions_past_their_time_are_removed(
    access: Access, clock: TurnedClock, database: Database
) -> None:
    for _ in range(3):
        access.sessions.open(KIM)
    clock.turn(hours=2)
    access.sessions.open(KIM)
    assert len(database.rows(sa.select(sessions), dict[str, object])) == 1


def test_who_signed_out_is_out(access: Access) -> None:
    token, _ = access.sessions.open(KIM)
    other, _ = access.sessions.open(KIM)
    access.sessions.close(token)
    access.sessions.close(token)
    assert access.sessions.find(token) is None
    assert access.sessions.find(other) is not None


def test_a_role_that_changes_is_the_role_at_once(access: Access, database: Database) -> None:
    token, _ = access.sessions.open(Principal("kim", "reader"))
    with database.write() as connection:
        connection.execute(sa.update(users).values(role="engineer"))
    found = access.sessions.find(token)
    assert found is not None
    assert found.principal.role == "engineer"
