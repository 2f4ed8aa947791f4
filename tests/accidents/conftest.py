"""Installations that accidents happen to, on SQLite and on a PostgreSQL of the suite's own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import Records, open_records
from tests.accidents.postgres import Postgres, tool
from tests.service.conftest import logging_as_it_was as logging_as_it_was
from tests.service.conftest import no_environment as no_environment
from tests.service.conftest import records as records
from tests.service.grading.conftest import make_film as make_film

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Return a server; skip where Debian's ``postgresql`` is absent."""
    if tool("initdb") is None:
        pytest.skip("Debian's postgresql is not installed")
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Return the settings of a new installation, on one database and on the other."""
    data = tmp_path / "data"
    if request.param == "sqlite":
        return Settings(data_dir=data)
    server: Postgres = request.getfixturevalue("postgres")
    url = server.database(f"one{next(_numbers)}")
    return Settings(data_dir=data, database_url=SecretStr(url))


@pytest.fixture
def installation(settings: Settings) -> Iterator[Records]:
    """Return the records of a new installation, on one database and on the other."""
    opened = open_records(settings)
    yield opened
    opened.close()
