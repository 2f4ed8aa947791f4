"""A database of users, a clock that tests turn, and people who sign in to a service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from radiograde.service.auth.access import Access
from radiograde.service.auth.credentials import Passwords
from radiograde.service.auth.principal import Role
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import Database
from radiograde.service.http.caller import CSRF_HEADER

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "a sentence nobody says"  # noqa: S105


class TurnedClock:
    """Stands still until it is turned on."""

    def __init__(self) -> None:
        self.timestamp = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.timestamp

    def turn(self, **by: float) -> None:
        self.timestamp += timedelta(**by)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'access.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a verification take no time: what it costs is not what is tested."""
    monkeypatch.setattr(
        "radiograde.service.auth.password_sign_in.Passwords", lambda: Passwords(QUICK)
    )


@pytest.fixture
def access(database: Database, clock: TurnedClock) -> Access:
    return Access.of(database, Settings(session_minutes=60), clock)


def access_of(client: TestClient) -> Access:
    """Return the access of a running service."""
    access: Access = client.app.state.access  # type: ignore[attr-defined]  # typed as ASGI callable
    return access


def add_user(client: TestClient, name: str = "kim", role: Role = "reader") -> None:
    access_of(client).users.add(name, role, QUICK.hash(PASSWORD))


def sign_in(client: TestClient, name: str = "kim") -> str:
    """Sign in, so that the client has the cookie; return the session's CSRF token."""
    answer = client.post("/v1/session", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    csrf: str = answer.json()["csrf"]
    return csrf


def under(csrf: str) -> dict[str, str]:
    return {CSRF_HEADER: csrf}
