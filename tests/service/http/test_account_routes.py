"""Users, keys and sessions are managed over HTTP: by whom, and what cannot be done."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from radiograde.service.auth.credentials import Passwords
from tests.service.accounts import PASSWORD, QUICK, TurnedClock, access_of, add_user, sign_in, under
from tests.service.http.test_scoring import assert_problem


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "radiograde.service.http.routes.user_routes.Passwords", lambda: Passwords(QUICK)
    )


@pytest.fixture
def headers(client: TestClient) -> dict[str, str]:
    """Return what an administrator who has signed in sends along."""
    add_user(client, "root", "administrator")
    return under(sign_in(client, "root"))


def named(listed: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in listed}


def test_a_user_has_another_role_at_once(client: TestClient, headers: dict[str, str]) -> None:
    new = {"name": "kim", "role": "reader", "password": PASSWORD}
    assert client.post("/v1/users", json=new, headers=headers).status_code == 204
    asked = {"name": "kim", "role": "engineer"}
    assert client.post("/v1/users/role", json=asked, headers=headers).status_code == 204
    listed = named(client.get("/v1/users").json()["users"])
    assert (listed["kim"]["role"], listed["kim"]["source"]) == ("engineer", "local")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/v1/users", {"name": "k", "role": "reader", "password": "short"}, 422),
        ("POST", "/v1/users", {"name": "k", "role": "sender", "password": PASSWORD}, 422),
        ("POST", "/v1/users", {"name": PASSWORD, "role": "reader", "password": PASSWORD}, 422),
        ("POST", "/v1/users", {"name": "\x07", "role": "reader", "password": PASSWORD}, 422),
        ("POST", "/v1/users/role", {"name": "nobody", "role": "reader"}, 422),
        ("POST", "/v1/users/role", {"name": "root", "role": "reader"}, 403),
        ("DELETE", "/v1/users?name=nobody", None, 422),
        ("DELETE", "/v1/keys?name=nobody", None, 422),
        ("DELETE", "/v1/sessions?id=", None, 422),
        ("DELETE", "/v1/sessions?id=%25", None, 422),
        ("POST", "/v1/keys", {"name": "root", "role": "sender"}, 422),
        ("POST", "/v1/keys", {"name": "k", "role": "administrator"}, 422),
        ("POST", "/v1/keys", {"name": "k", "role": "sender", "scope": ["read"]}, 422),
        ("POST", "/v1/keys", {"name": "k", "role": "sender", "days": 0}, 422),
        ("POST", "/v1/keys", {"name": "k", "role": "reader", "scopes": ["read"]}, 422),
    ],
)
def test_what_cannot_be_done_is_said(
    client: TestClient, headers: dict[str, str], method: str, path: str, body: Any, code: int
) -> None:
    answer = client.request(method, path, json=body, headers=headers)
    assert answer.status_code == code
    assert PASSWORD not in answer.text
    assert set(named(client.get("/v1/users").json()["users"])) == {"root"}


def test_a_manager_makes_no_administrator_and_touches_none(client: TestClient) -> None:
    add_user(client, "root", "administrator")
    add_user(client, "max", "manager")
    headers = under(sign_in(client, "max"))
    assert_problem(client.get("/v1/worklist"), 403, "not_allowed")
    new = {"name": "eve", "role": "administrator", "password": PASSWORD}
    for path, body in (
        ("", new),
        ("/role", {"name": "max", "role": "administrator"}),
        ("/role", {"name": "max", "role": "reader"}),
        ("/role", {"name": "root", "role": "reader"}),
        ("/password", {"name": "root", "password": PASSWORD}),
    ):
        answer = client.post(f"/v1/users{path}", json=body, headers=headers)
        assert_problem(answer, 403, "not_allowed")
    answer = client.delete("/v1/users", params={"name": "root"}, headers=headers)
    assert_problem(answer, 403, "not_allowed")


def test_a_key_holds_for_its_days_and_for_its_scope(
    client: TestClient, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = TurnedClock()
    monkeypatch.setattr(access_of(client).keys, "_now", clock)
    asked = {"name": "platform", "role": "reader", "scope": ["read"], "days": 10}
    key = client.post("/v1/keys", json=asked, headers=headers).json()["key"]
    client.post("/v1/keys", json={"name": "usual", "role": "sender"}, headers=headers)
    client.post("/v1/keys", json={"name": "old", "role": "sender", "days": None}, headers=headers)
    listed = named(client.get("/v1/keys").json()["keys"])
    assert (listed["platform"]["scope"], listed["platform"]["used"]) == (["read"], None)
    until = datetime.fromisoformat(listed["usual"]["expires"])
    assert until == clock.timestamp + timedelta(days=90)
    assert listed["old"]["expires"] is None
    client.cookies.clear()
    bearer = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/worklist", headers=bearer).status_code == 200
    assert_problem(client.post("/v1/score", content=b"x", headers=bearer), 403, "not_allowed")
    assert client.get("/v1/session", headers=bearer).json()["user"]["permissions"] == ["read"]
    assert access_of(client).keys.all()[1].used == clock.timestamp
    clock.turn(days=10)
    assert_problem(client.get("/v1/worklist", headers=bearer), 401, "sign_in_needed")


def test_a_session_is_listed_and_ended(client: TestClient, headers: dict[str, str]) -> None:
    (mine,) = client.get("/v1/sessions").json()["sessions"]
    assert (mine["user"], mine["address"], len(mine["id"])) == ("root", "127.0.0.1", 16)
    gone = client.delete("/v1/sessions", params={"id": mine["id"]}, headers=headers)
    assert gone.status_code == 204
    assert_problem(client.get("/v1/worklist"), 401, "sign_in_needed")
