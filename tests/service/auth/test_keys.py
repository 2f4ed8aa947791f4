from __future__ import annotations

import pytest
import sqlalchemy as sa

from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import Principal
from radiograde.service.database.account_tables import api_keys
from radiograde.service.database.engine import Database
from radiograde.service.errors import AccountError
from tests.service.accounts import TurnedClock


def test_a_key_says_whose_it_is(access: Access) -> None:
    key = access.keys.add("orthanc", "sender")
    assert key.startswith("rg_")
    assert len(key) >= 46
    assert access.keys.find(key) == Principal("orthanc", "sender")
    for wrong in ("", "rg_", key[:-1], key + "x", key.upper()):
        assert access.keys.find(wrong) is None


def test_the_key_itself_is_not_kept(access: Access, database: Database) -> None:
    key = access.keys.add("orthanc", "sender")
    (row,) = database.rows(sa.select(api_keys), dict[str, object])
    assert key not in map(str, row.values())
    assert key.removeprefix("rg_") not in map(str, row.values())


def test_a_name_has_one_key(access: Access) -> None:
    access.keys.add("orthanc", "sender")
    with pytest.raises(AccountError, match="already"):
        access.keys.add("orthanc", "reader")


def test_use_is_written_once_a_minute(access: Access, clock: TurnedClock) -> None:
    key = access.keys.add("orthanc", "sender")
    assert access.keys.all()[0].used is None
    access.keys.find(key)
    first = clock.timestamp
    clock.turn(seconds=59)
    access.keys.find(key)
    assert access.keys.all()[0].used == first
    clock.turn(seconds=1)
    access.keys.find(key)
    assert access.keys.all()[0].used == clock.timestamp


def test_a_key_that_is_removed_opens_nothing(access: Access) -> None:
    key = access.keys.add("orthanc", "sender")
    access.keys.remove("orthanc")
    assert access.keys.find(key) is None
    assert access.keys.all() == []
    with pytest.raises(AccountError, match="no key"):
        access.keys.remove("orthanc")
