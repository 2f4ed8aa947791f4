"""LOCAL, who may do everything, is given to nobody that comes through a proxy."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.service.accounts import access_of, add_user
from tests.service.conftest import Start
from tests.service.http.test_scoring import assert_problem

PROXIED = [
    ("Forwarded", "for=10.0.0.1"),
    ("X-Forwarded-For", "10.0.0.1"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "grader.example"),
    ("x-forwarded-anything", ""),
    ("Via", "1.1 proxy"),
]


def test_at_this_computer_everything_is_open(client: TestClient) -> None:
    assert client.get("/v1/results").status_code == 200


@pytest.mark.parametrize(("name", "value"), PROXIED)
def test_not_through_a_proxy(client: TestClient, name: str, value: str) -> None:
    assert_problem(client.get("/v1/results", headers={name: value}), 401, "sign_in_needed")
    document = client.get("/v1/session", headers={name: value}).json()
    assert (document["sign_in"], document["user"]) == (True, None)


def test_not_by_another_name_than_this_computers(start: Start) -> None:
    client = start(allowed_hosts=("grader.example",))
    answer = client.get("/v1/results", headers={"Host": "grader.example"})
    assert_problem(answer, 401, "sign_in_needed")
    assert client.get("/v1/results", headers={"Host": "127.0.0.1:8000"}).status_code == 200


def test_not_where_a_proxy_is_announced(start: Start) -> None:
    assert_problem(start(behind_proxy=True).get("/v1/results"), 401, "sign_in_needed")


def test_not_beyond_this_computer(start: Start) -> None:
    client = start(host="0.0.0.0")  # noqa: S104
    assert_problem(client.get("/v1/results"), 401, "sign_in_needed")


def test_not_once_there_is_a_user_or_a_key(start: Start, client: TestClient) -> None:
    access_of(client).keys.add("orthanc", "sender")
    assert_problem(client.get("/v1/results"), 401, "sign_in_needed")
    access_of(client).keys.remove("orthanc")
    assert client.get("/v1/results").status_code == 200
    add_user(client)
    assert_problem(client.get("/v1/results"), 401, "sign_in_needed")
    access_of(client).users.remove("kim")
    assert client.get("/v1/results").status_code == 200


def test_to_everybody_where_the_settings_say_so(start: Start) -> None:
    client = start(host="0.0.0.0", allow_insecure=True)  # noqa: S104
    assert client.get("/v1/results", headers={"Via": "1.1 proxy"}).status_code == 200
    add_user(client)
    assert_problem(client.get("/v1/results"), 401, "sign_in_needed")


def test_a_cookie_left_over_does_no_harm(client: TestClient) -> None:
    client.cookies.set("radiograde", "left over")
    assert client.get("/v1/results").status_code == 200
