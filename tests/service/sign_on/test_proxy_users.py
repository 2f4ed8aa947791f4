"""A proxy in front names who came: believed from named addresses alone."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient

from radiograde.service.config.sign_in_elsewhere import GroupConfig, ProxySignInConfig
from tests.service.accounts import PASSWORD, access_of, add_user, under
from tests.service.conftest import Start
from tests.service.http.test_audit_trail import events
from tests.service.http.test_scoring import assert_problem

GROUPS = (GroupConfig(name="radiology", role="reader"),)
KIM = {"X-Remote-User": "kim", "X-Remote-Groups": "gardeners, radiology"}


def behind(start: Start, address: str = "127.0.0.1", **chosen: Any) -> TestClient:
    config = ProxySignInConfig(allow_from=(ip_network(address),))
    return start(proxy_sign_in=config, groups=GROUPS, **chosen)


def test_whom_the_proxy_names_is_signed_in_for_as_long_as_it_names_him(start: Start) -> None:
    client = behind(start)
    assert client.get("/v1/session").json()["user"] is None  # nobody sits here without sign-in
    document = client.get("/v1/session", headers=KIM).json()
    assert (document["user"]["name"], document["user"]["role"]) == ("kim", "reader")
    assert client.get("/v1/worklist", headers=KIM).status_code == 200
    assert_problem(client.get("/v1/worklist"), 401, "sign_in_needed")
    lee = KIM | {"X-Remote-User": "lee"}
    assert_problem(client.get("/v1/worklist", headers=lee), 401, "sign_in_needed")
    csrf = under(document["csrf"])
    assert_problem(client.delete("/v1/session", headers=KIM), 403, "csrf")
    assert client.delete("/v1/session", headers=KIM | csrf).status_code == 204


def test_a_header_from_elsewhere_counts_for_nothing(start: Start) -> None:
    client = behind(start, "10.1.2.3")
    with structlog.testing.capture_logs() as logged:
        for headers in (KIM, KIM | {"X-Forwarded-For": "10.1.2.3"}):
            assert client.get("/v1/session", headers=headers).json()["user"] is None
    assert [line["event"] for line in logged].count("proxy_user_not_believed") == 1


def test_what_a_believed_proxy_forwards_is_not_whom_it_is(start: Start) -> None:
    client = behind(start, "10.1.2.3", behind_proxy=True)
    asked = KIM | {"X-Forwarded-For": "10.1.2.3", "X-Forwarded-Proto": "https"}
    assert client.get("/v1/session", headers=asked).json()["user"] is None


def test_without_the_setting_nobody_is_believed(start: Start) -> None:
    client = start(groups=GROUPS)
    add_user(client, "root", "administrator")
    assert client.get("/v1/session", headers=KIM).json()["user"] is None


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Remote-User", "kim"), ("X-Remote-User", "lee"), ("X-Remote-Groups", "radiology")],
        [("X-Remote-User", " "), ("X-Remote-Groups", "radiology")],
    ],
)
def test_two_names_or_none_are_nobodys(start: Start, headers: list[tuple[str, str]]) -> None:
    assert behind(start).get("/v1/session", headers=headers).json()["user"] is None


def test_a_local_users_name_and_a_name_without_a_role_are_refused(start: Start) -> None:
    client = behind(start)
    add_user(client, "root", "administrator")
    root = KIM | {"X-Remote-User": "root"}
    assert_problem(client.get("/v1/session", headers=root), 401, "sign_on_failed")
    nobody = KIM | {"X-Remote-Groups": "gardeners"}
    assert_problem(client.get("/v1/session", headers=nobody), 401, "sign_on_failed")
    answer = client.post("/v1/session", json={"name": "root", "password": PASSWORD}, headers=root)
    assert answer.status_code == 200  # by his password he comes in
    assert access_of(client).users.find("kim") is None


def test_whom_the_proxy_signs_in_and_whom_not_is_in_the_audit_trail(start: Start) -> None:
    client = behind(start)
    nobody = KIM | {"X-Remote-Groups": "gardeners"}
    for headers in (KIM, KIM, nobody):
        client.get("/v1/session", headers=headers)
    client.cookies.clear()
    client.get("/v1/session")
    client.get("/v1/session", headers=nobody)
    found = [(row.action, row.outcome, row.actor, row.actor_kind) for row in events(client)]
    assert found == [
        ("sign_in", "success", "kim", "person"),
        ("sign_in", "refused", "", "unknown"),
    ]
