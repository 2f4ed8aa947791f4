from __future__ import annotations

from contextlib import ExitStack
from http.cookies import Morsel, SimpleCookie
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import create_engine

from radiograde.service.http import schemas
from tests.service.accounts import PASSWORD, TurnedClock, access_of, add_user, sign_in, under
from tests.service.conftest import Start
from tests.service.fakes import png
from tests.service.http.test_scoring import assert_problem

BY_TLS = {"X-Forwarded-Proto": "https"}


def cookie_in(answer: Response) -> Morsel[str]:
    (cookie,) = (one for one in cookies_in(answer) if "device" not in one.key)
    return cookie


def cookies_in(answer: Response) -> list[Morsel[str]]:
    set_by = answer.headers.get_list("set-cookie")
    return [cookie for header in set_by for cookie in SimpleCookie(header).values()]


def try_to(
    client: TestClient, password: str = PASSWORD, name: str = "kim", **more: Any
) -> Response:
    answer: Response = client.post("/v1/session", json={"name": name, "password": password}, **more)
    return answer


def test_at_this_computer_nobody_has_to_sign_in_until_there_is_a_user(client: TestClient) -> None:
    document = client.get("/v1/session").json()
    schemas.Session.model_validate(document)
    assert document["sign_in"] is False
    assert document["user"]["name"] == "local"
    assert document["user"]["role"] == "administrator"
    assert document["csrf"] is None
    assert document["identifiers"] == "none"
    add_user(client)
    document = client.get("/v1/session").json()
    schemas.Session.model_validate(document)
    assert (document["sign_in"], document["user"], document["csrf"]) == (True, None, None)
    assert_problem(client.get("/v1/results"), 401, "sign_in_needed")


def test_who_signs_in_is_known_until_he_signs_out(client: TestClient) -> None:
    add_user(client)
    answer = try_to(client)
    assert answer.status_code == 200
    assert answer.json() == client.get("/v1/session").json()
    document = answer.json()
    schemas.Session.model_validate(document)
    assert document["user"] == {
        "name": "kim",
        "role": "reader",
        "permissions": ["deliver", "read", "review", "send"],
        **{"pool": True, "names": True, "projects": []},
    }
    assert client.get("/v1/results").status_code == 200
    token = dict(client.cookies)
    gone = client.delete("/v1/session", headers=under(document["csrf"]))
    assert (gone.status_code, gone.content) == (204, b"")
    assert [name for name in client.cookies if "device" not in name] == []
    # Whoever kept the cookie gets nothing for it.
    client.cookies.update(token)
    assert_problem(client.get("/v1/results"), 401, "sign_in_needed")


@pytest.mark.parametrize("alone", [{"X-Unattended": "1"}, {"Accept": "text/event-stream"}])
def test_a_page_left_alone_is_signed_out(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, alone: dict[str, str]
) -> None:
    clock = TurnedClock()
    monkeypatch.setattr(access_of(client).sessions, "_now", clock)
    add_user(client)
    try_to(client)
    clock.turn(minutes=45)
    assert client.get("/v1/results", headers=alone).status_code == 200
    clock.turn(minutes=15)
    assert_problem(client.get("/v1/results"), 401, "sign_in_needed")
    try_to(client)
    clock.turn(minutes=45)
    assert client.get("/v1/results").status_code == 200
    clock.turn(minutes=15)
    assert client.get("/v1/results").status_code == 200


def test_the_cookie_at_this_computer(client: TestClient) -> None:
    add_user(client)
    cookie = cookie_in(try_to(client))
    assert cookie.key == "radiograde"
    assert cookie["httponly"] is True
    assert cookie["samesite"].lower() == "strict"
    assert cookie["path"] == "/"
    assert (cookie["domain"], cookie["secure"], cookie["max-age"]) == ("", "", "")
    assert PASSWORD not in cookie.value


def test_the_cookie_by_tls(start: Start) -> None:
    client = start(behind_proxy=True)
    add_user(client)
    answer = try_to(client, headers=BY_TLS)
    cookie = cookie_in(answer)
    assert cookie.key == "__Host-radiograde"
    assert cookie["secure"] is True
    assert cookie["httponly"] is True
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    assert cookie["samesite"].lower() == "strict"
    carried = {"Cookie": f"__Host-radiograde={cookie.value}"} | BY_TLS
    assert client.get("/v1/results", headers=carried).status_code == 200
    bare = {"Cookie": f"radiograde={cookie.value}"} | BY_TLS
    assert_problem(client.get("/v1/results", headers=bare), 401, "sign_in_needed")
    dropped = cookie_in(
        client.delete("/v1/session", headers=carried | under(answer.json()["csrf"]))
    )
    assert (dropped.key, dropped.value, dropped["secure"]) == ("__Host-radiograde", "", True)


def test_what_a_stranger_says_of_a_proxy_is_not_believed(client: TestClient) -> None:
    add_user(client)
    assert cookie_in(try_to(client, headers=BY_TLS)).key == "radiograde"


def test_a_change_needs_the_sessions_token(client: TestClient) -> None:
    add_user(client)
    csrf = sign_in(client)
    for headers in ({}, under(""), under(csrf[:-1]), under(csrf.swapcase()), under("é")):
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        assert_problem(client.post("/v1/score", content=png(), headers=raw), 403, "csrf")
    assert_problem(client.delete("/v1/session"), 403, "csrf")
    assert client.get("/v1/results").json()["results"] == []
    assert client.post("/v1/score", content=png(), headers=under(csrf)).status_code == 200


def test_the_token_of_another_session_will_not_do(client: TestClient) -> None:
    add_user(client)
    first = sign_in(client)
    client.cookies.clear()
    sign_in(client)
    answer = client.post("/v1/score", content=png(), headers=under(first))
    assert_problem(answer, 403, "csrf")


def test_a_key_needs_no_token(client: TestClient) -> None:
    key = access_of(client).keys.add("orthanc", "sender")
    headers = {"Authorization": f"bearer {key}"}
    assert client.post("/v1/score", content=png(), headers=headers).status_code == 200
    basic = client.post("/v1/score", content=png(), auth=("whoever", key))
    assert basic.status_code == 200
    user = client.get("/v1/session", headers=headers).json()["user"]
    nothing = {"pool": False, "names": False, "projects": []}
    assert user == {"name": "orthanc", "role": "sender", "permissions": ["send"]} | nothing


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer rg_wrong", "Basic", "Basic !!!", "Basic /////w==", "Digest x", "rg_wrong"],
)
def test_a_wrong_key_is_a_strangers(client: TestClient, header: str) -> None:
    access_of(client).keys.add("orthanc", "sender")
    answer = client.get("/v1/jobs/x", headers={"Authorization": header})
    assert_problem(answer, 401, "sign_in_needed")


def test_a_sender_reads_the_one_result_that_it_knows_of(client: TestClient) -> None:
    key = access_of(client).keys.add("orthanc", "sender")
    headers = {"Authorization": f"Bearer {key}"}
    id = client.post("/v1/score", content=png(), headers=headers).json()["id"]
    assert client.get(f"/v1/results/{id}", headers=headers).json()["id"] == id
    assert client.get(f"/v1/jobs/{id}", headers=headers).json()["id"] == id
    assert_problem(client.get("/v1/results", headers=headers), 403, "not_allowed")


@pytest.mark.parametrize(("name", "password"), [("kim", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_read_the_same(
    client: TestClient, name: str, password: str
) -> None:
    add_user(client)
    answer = try_to(client, password, name)
    assert_problem(answer, 401, "sign_in_failed")
    assert answer.json()["detail"] == "Name or password is wrong. Type both again."
    assert "set-cookie" not in answer.headers


def test_where_there_is_no_user_that_is_said(client: TestClient) -> None:
    answer = try_to(client)
    assert_problem(answer, 401, "sign_in_failed")
    assert "radiograde users add" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"not json",
        b'{"name": "kim"}',
        b'{"name": 1, "password": []}',
        b'{"name": "\\ud800", "password": "\\ud800"}',
        b'{"name": "' + b"x" * 201 + b'", "password": "hunter2"}',
    ],
)
def test_a_malformed_sign_in_is_said_without_the_password(client: TestClient, body: bytes) -> None:
    add_user(client)
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/session", content=body, headers=headers)
    assert_problem(answer, 422, "invalid_parameters")
    assert "hunter2" not in answer.text


def test_a_form_of_another_site_cannot_sign_anyone_in(client: TestClient) -> None:
    add_user(client)
    body = b'{"name": "kim", "password": "a sentence nobody says"}'
    answer = client.post("/v1/session", content=body, headers={"Content-Type": "text/plain"})
    assert_problem(answer, 422, "invalid_parameters")
    foreign = try_to(client, headers={"sec-fetch-site": "cross-site"})
    assert_problem(foreign, 403, "foreign_page")


def test_a_body_without_end_is_refused(client: TestClient) -> None:
    add_user(client)
    assert_problem(try_to(client, "x" * 66_000), 413, "too_large")
    pieces = (b"x" * 1000 for _ in range(100))
    assert_problem(client.post("/v1/session", content=pieces), 413, "too_large")
    assert_problem(client.post("/v1/nowhere", content=b"x" * 66_000), 413, "too_large")
    csrf = under(sign_in(client))
    assert_problem(
        client.post("/v1/score", content=b"x" * 66_000, headers=csrf), 415, "unknown_format"
    )


def test_guessing_is_slowed_down(client: TestClient) -> None:
    add_user(client)
    for _ in range(5):
        assert_problem(try_to(client, "wrong"), 401, "sign_in_failed")
    answer = try_to(client)
    assert_problem(answer, 429, "too_many_attempts")
    assert answer.headers["Retry-After"] == "1"


def test_too_many_at_a_time_are_sent_away(client: TestClient) -> None:
    add_user(client)
    password_sign_in = access_of(client).password_sign_in
    with ExitStack() as held:
        for _ in range(34):
            held.enter_context(password_sign_in._place())
        assert_problem(try_to(client), 503, "overloaded")
    assert try_to(client).status_code == 200


def test_a_store_that_is_away_is_said(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = create_engine("sqlite:////nowhere/radiograde.sqlite")
    monkeypatch.setattr(access_of(client).database, "engine", nowhere)
    answer = client.post("/dicom-web/studies", content=b"")
    assert_problem(answer, 503, "store_unavailable")
    assert answer.headers["Retry-After"] == "30"
    assert_problem(client.get("/v1/session"), 503, "store_unavailable")
    assert client.get("/").status_code == 200


def test_the_log_knows_who_came_and_no_secret(client: TestClient) -> None:
    with structlog.testing.capture_logs() as logged:
        add_user(client)
        try_to(client, "wrong password")
        try_to(client, "wrong password", name=PASSWORD)
        csrf = sign_in(client)
        client.delete("/v1/session", headers=under(csrf))
    signed = [
        (line["event"], line.get("user"))
        for line in logged
        if line["event"] in ("signed_in", "sign_in_failed", "signed_out")
    ]
    assert signed == [
        ("sign_in_failed", "kim"),
        ("sign_in_failed", None),
        ("signed_in", "kim"),
        ("signed_out", "kim"),
    ]
    assert PASSWORD not in str(logged)
    assert "wrong password" not in str(logged)
    assert csrf not in str(logged)
