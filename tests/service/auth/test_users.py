from __future__ import annotations

import pytest

from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import Principal
from radiograde.service.database.engine import Database
from radiograde.service.errors import AccountError
from tests.service.accounts import TurnedClock


def test_a_user_is_found_by_name(access: Access, clock: TurnedClock) -> None:
    access.users.add("Kim", "reader", "hash")
    found = access.users.find(" Kim ")
    assert found is not None
    assert (found.name, found.role, found.password) == ("Kim", "reader", "hash")
    assert found.created == clock.timestamp
    for name in ("kim", "Ki", "Kim\x00", "Lee", ""):
        assert access.users.find(name) is None


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb", "a\x00b", "local", "Local"])
def test_a_name_that_cannot_be_used_is_refused(access: Access, name: str) -> None:
    with pytest.raises(AccountError):
        access.users.add(name, "reader", "hash")
    with pytest.raises(AccountError):
        access.keys.add(name, "sender")
    assert not access.is_guarded()


def test_a_name_stands_for_one_alone(access: Access) -> None:
    access.users.add("김민수", "reader", "hash")
    with pytest.raises(AccountError, match="users password"):
        access.users.add("김민수 ", "administrator", "other")
    with pytest.raises(AccountError, match="is a user"):
        access.keys.add("김민수", "sender")
    access.keys.add("orthanc", "sender")
    with pytest.raises(AccountError, match="API key"):
        access.users.add("orthanc", "reader", "hash")
    assert [(user.name, user.role) for user in access.users.all()] == [("김민수", "reader")]


def test_a_new_password_ends_the_sessions_of_its_user_alone(access: Access) -> None:
    for name in ("kim", "lee"):
        access.users.add(name, "reader", "old")
    kims, _ = access.sessions.open(Principal("kim", "reader"))
    lees, _ = access.sessions.open(Principal("lee", "reader"))
    access.users.change_password("kim", "new")
    assert access.sessions.find(kims) is None
    assert access.sessions.find(lees) is not None
    changed = access.users.find("kim")
    assert changed is not None
    assert changed.password == "new"  # noqa: S105
    with pytest.raises(AccountError, match="no user"):
        access.users.change_password("park", "new")


def test_a_rehash_leaves_sessions_and_loses_to_a_new_password(access: Access) -> None:
    access.users.add("kim", "reader", "old")
    user = access.users.find("kim")
    assert user is not None
    token, _ = access.sessions.open(Principal("kim", "reader"))
    access.users.rehash(user, "old, stronger")
    assert access.sessions.find(token) is not None
    access.users.change_password("kim", "new")
    access.users.rehash(user, "old, stronger still")
    kept = access.users.find("kim")
    assert kept is not None
    assert kept.password == "new"  # noqa: S105


def test_who_is_removed_is_out_at_once(access: Access, database: Database) -> None:
    access.users.add("kim", "reader", "hash")
    token, _ = access.sessions.open(Principal("kim", "reader"))
    access.users.remove("kim")
    assert access.sessions.find(token) is None
    # Made anew, the old session must not be his.
    access.users.add("kim", "administrator", "hash")
    assert access.sessions.find(token) is None


def test_the_last_administrator_stays_while_there_are_others(access: Access) -> None:
    access.users.add("kim", "administrator", "hash")
    access.users.add("lee", "reader", "hash")
    assert access.users.has_administrator()
    with pytest.raises(AccountError, match="last administrator"):
        access.users.remove("kim")
    access.users.add("park", "administrator", "hash")
    access.users.remove("kim")
    access.users.remove("lee")
    access.users.remove("park")
    assert not access.is_guarded()
    with pytest.raises(AccountError, match="no user"):
        access.users.remove("park")
