"""Users, sessions and keys for tests: quick passwords, a clock that is set by hand, signing in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import Role
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
