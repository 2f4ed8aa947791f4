"""A database of users, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from radiograde.service.auth.access import Access
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import Database
from tests.service.accounts import TurnedClock


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'access.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def access(database: Database, clock: TurnedClock) -> Access:
    return Access.of(database, Settings(session_minutes=60), clock)
