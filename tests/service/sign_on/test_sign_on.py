"""Signing in at a real OpenID provider: who comes in, as what, and who does not."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import structlog
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import RSAKey

from radiograde.service.auth.provider import Attempt, Provider
from radiograde.service.auth.sign_on_error import SignOnError
from radiograde.service.config.sign_in_elsewhere import OidcConfig
from tests.service.accounts import (
    PASSWORD,
    TurnedClock,
    access_of,
    add_user,
    sign_in,
    under,
)
from tests.service.conftest import Start
from tests.service.http.test_scoring import assert_problem
from tests.service.sign_on.conftest import SendThere
from tests.service.sign_on.provider import CLIENT, PAGE, Browser, RunningProvider, outcome

LOGOUT: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}


def user_of(client: TestClient) -> Any:
    return client.get("/v1/session").json()["user"]


def test_who_signs_in_at_the_provider_has_the_role_of_his_group(
    browser: Browser, provider: RunningProvider
) -> None:
    client = browser.client
    document = client.get("/v1/session").json()
    assert (document["user"], document["sign_on"]) == (None, {"label": "127.0.0.1"})
    assert_problem(client.get("/v1/worklist"), 401, "sign_in_needed")
    provider.expects("1", "kim", "password", "radiology", "other")
    with structlog.testing.capture_logs() as logged:
        assert outcome(browser.sign_on()) == ""
    document = client.get("/v1/session").json()
    assert (document["user"]["name"], document["user"]["role"]) == ("kim", "reader")
    assert document["sign_on"] == {"label": "127.0.0.1"}
    assert client.get("/v1/worklist").status_code == 200
    (line,) = (line for line in logged if line["event"] == "signed_in")
    assert (line["user"], line["source"]) == ("kim", "oidc")
    assert not [cookie for cookie in client.cookies if "sign-on" in cookie]


def test_the_question_has_pkce_state_and_nonce(browser: Browser) -> None:
    asked = {name: value[0] for name, value in parse_qs(urlsplit(browser.begin()).query).items()}
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) == len(asked["nonce"]) == 64
    assert asked["redirect_uri"] == f"{PAGE}/v1/session/sign-on/callback"


def test_another_group_gives_another_role_at_once(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    elsewhere = Browser(client)
    first = dict(client.cookies)
    client.cookies.clear()
    provider.expects("1", "kim (renamed)", "password", "it", "radiology")
    elsewhere.sign_on()
    assert (user_of(client)["name"], user_of(client)["role"]) == ("kim", "administrator")
    client.cookies.clear()
    client.cookies.update(first)  # the earlier session, too
    assert user_of(client)["role"] == "administrator"


def test_who_lost_his_groups_is_signed_out_everywhere(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    first = dict(client.cookies)
    client.cookies.clear()
    provider.expects("1", "kim", "password", "gardeners")
    assert outcome(Browser(client).sign_on()) == "no_role"
    client.cookies.update(first)
    assert user_of(client) is None


def test_a_second_factor_is_asked_for_and_required(
    send_there: SendThere, provider: RunningProvider
) -> None:
    client = send_there(acr=("two-factor",))
    assert parse_qs(urlsplit(Browser(client).begin()).query)["acr_values"] == ["two-factor"]
    provider.expects("1", "kim", "password", "radiology")
    assert outcome(Browser(client).sign_on()) == "second_factor"
    assert user_of(client) is None
    provider.expects("1", "kim", "two-factor", "radiology")
    assert outcome(Browser(client).sign_on()) == ""
    assert user_of(client)["name"] == "kim"


def test_nobody_becomes_a_local_user_by_the_name(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    add_user(client, "kim", "administrator")
    access_of(client).keys.add("orthanc", "sender")
    for name in ("kim", "orthanc", "local", "\x07"):
        provider.expects("2", name, "password", "it")
        assert outcome(browser.sign_on()) == "name_taken"
    assert user_of(client) is None


def test_a_user_of_the_provider_has_no_password(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    client.cookies.clear()
    for password in ("", PASSWORD):
        answer = client.post("/v1/session", json={"name": "kim", "password": password})
        assert_problem(answer, 401, "sign_in_failed")


def test_local_accounts_are_beside_the_provider_or_those_of_administrators_alone(
    send_there: SendThere,
) -> None:
    client = send_there()
    add_user(client, "lee", "reader")
    sign_in(client, "lee")
    closed = send_there(local_accounts="administrators")
    add_user(closed, "root", "administrator")
    answer = closed.post("/v1/session", json={"name": "lee", "password": PASSWORD})
    assert_problem(answer, 401, "sign_in_failed")
    sign_in(closed, "root")


def test_with_the_provider_down_the_local_administrator_comes_in(send_there: SendThere) -> None:
    client = send_there(issuer="http://127.0.0.1:9", local_accounts="administrators")
    add_user(client, "root", "administrator")
    answer = client.get("/v1/session/sign-on", follow_redirects=False)
    assert outcome(answer) == "unreachable"
    sign_in(client, "root")
    assert client.get("/v1/worklist").status_code == 200
    ended = client.get("/v1/session/sign-on/end", follow_redirects=False)
    assert ended.headers["location"] == PAGE


def test_a_session_ends_in_its_time(
    browser: Browser, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = TurnedClock()
    monkeypatch.setattr(access_of(browser.client).sessions, "_now", clock)
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    clock.turn(minutes=59)
    assert user_of(browser.client) is not None
    clock.turn(minutes=60)
    assert user_of(browser.client) is None


def test_an_answer_holds_once_and_for_the_browser_that_asked(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    provider.expects("1", "kim", "password", "radiology")
    address = browser.follow(browser.begin())
    attempt = dict(client.cookies)
    client.cookies.clear()
    assert outcome(browser.come_back(address)) == "refused"  # of a browser that did not ask
    Browser(client).begin()
    assert outcome(browser.come_back(address)) == "refused"  # of one that asked something else
    client.cookies.clear()
    client.cookies.update(attempt)
    assert outcome(browser.come_back(address)) == ""
    client.cookies.clear()
    client.cookies.update(attempt)
    assert outcome(browser.come_back(address)) == "refused"  # a second time
    assert user_of(client) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "stolen"},
        {"state": "0" * 64},
        {"iss": "https://evil.example"},
        {"code": None, "error": "access_denied"},
        {"code": None, "error": "<script>"},
    ],
)
def test_an_answer_that_was_changed_is_refused(
    browser: Browser, provider: RunningProvider, changed: dict[str, str | None]
) -> None:
    provider.expects("1", "kim", "password", "radiology")
    address = urlsplit(browser.follow(browser.begin()))
    query = {name: value[0] for name, value in parse_qs(address.query).items()} | changed
    answer = browser.client.get(
        address.path,
        params={name: value for name, value in query.items() if value is not None},
        follow_redirects=False,
    )
    assert outcome(answer) == "refused"
    assert user_of(browser.client) is None


@pytest.fixture
def check(provider: RunningProvider) -> Provider:
    """Return the service's side of the provider, without the service."""
    return Provider(OidcConfig(issuer=provider.issuer, client_id=CLIENT, page_url=PAGE))


def claims_for(provider: RunningProvider, attempt: Attempt, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": provider.issuer,
        "aud": CLIENT,
        "sub": "1",
        "iat": now,
        "exp": now + 60,
        "nonce": attempt.nonce,
        "preferred_username": "kim",
        "groups": ["it"],
    }
    return {name: value for name, value in (claims | changed).items() if value is not None}


@pytest.mark.parametrize(
    ("changed", "header"),
    [
        ({"exp": 1, "iat": 1}, {}),
        ({"exp": None}, {}),
        ({"aud": "another"}, {}),
        ({"aud": [CLIENT, "another"], "azp": "another"}, {}),
        ({"iss": "https://evil.example"}, {}),
        ({"nonce": "of another sign-in"}, {}),
        ({"nonce": None}, {}),
        ({"iat": 4_000_000_000}, {}),
        ({}, {"alg": "none"}),
        ({}, {"alg": "HS256"}),
    ],
)
def test_a_token_that_is_stolen_over_or_foreign_signs_nobody_in(
    provider: RunningProvider, check: Provider, changed: dict[str, Any], header: dict[str, Any]
) -> None:
    attempt = Attempt.new()
    right = {"id_token": provider.signed({}, claims_for(provider, attempt))}
    assert check._claims_of(right, attempt)["sub"] == "1"
    wrong = {"id_token": provider.signed(header, claims_for(provider, attempt, **changed))}
    with pytest.raises(SignOnError, match="token"):
        check._claims_of(wrong, attempt)


def test_a_token_by_another_key_signs_nobody_in(provider: RunningProvider, check: Provider) -> None:
    attempt, forged = Attempt.new(), RSAKey.generate_key(2048, {"kid": "of-the-test"})
    for kid in ("of-the-test", "of-nobody"):
        header = {"alg": "RS256", "kid": kid}
        token = jwt.encode(header, claims_for(provider, attempt), forged)
        with pytest.raises(SignOnError, match="not signed"):
            check._claims_of({"id_token": token}, attempt)
    with pytest.raises(SignOnError, match="not signed"):
        check._claims_of({"id_token": "rubbish"}, attempt)


def test_a_token_of_the_provider_is_no_key(browser: Browser, provider: RunningProvider) -> None:
    token = provider.signed({}, claims_for(provider, Attempt.new()))
    answer = browser.client.get("/v1/worklist", headers={"Authorization": f"Bearer {token}"})
    assert_problem(answer, 401, "sign_in_needed")


def test_a_cookie_that_another_browser_shows_ends_the_session(
    browser: Browser, provider: RunningProvider
) -> None:
    client = browser.client
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    assert user_of(client) is not None
    answer = client.get("/v1/worklist", headers={"User-Agent": "a thief's"})
    assert_problem(answer, 401, "sign_in_needed")
    assert user_of(client) is None


def test_signing_out_ends_the_session_here_and_at_the_provider(
    browser: Browser, provider: RunningProvider
) -> None:
    client = browser.client
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    csrf = client.get("/v1/session").json()["csrf"]
    assert client.delete("/v1/session", headers=under(csrf)).status_code == 204
    end = client.get("/v1/session/sign-on/end", follow_redirects=False).headers["location"]
    assert end.startswith(f"{provider.issuer}/session/end")
    assert browser.follow(end).startswith(PAGE)
    provider.logouts.get(timeout=10)
    provider.expects("2", "lee", "password", "radiology")  # asked anew
    browser.sign_on()
    assert user_of(client)["name"] == "lee"


def test_the_provider_signs_out_by_the_back_channel_once(
    browser: Browser, provider: RunningProvider
) -> None:
    client = browser.client
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    end = client.get("/v1/session/sign-on/end", follow_redirects=False).headers["location"]
    browser.follow(end)
    token = provider.logouts.get(timeout=10)
    assert user_of(client) is not None
    path = "/v1/session/sign-on/back-channel"
    assert client.post(path, data={"logout_token": token}).status_code == 200
    assert user_of(client) is None
    assert_problem(client.post(path, data={"logout_token": token}), 400, "bad_request")


@pytest.mark.parametrize(
    "changed",
    [
        {"events": {}},
        {"events": None},
        {"nonce": "x"},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"iat": 1},
        {"jti": None},
        {"sub": None},
    ],
)
def test_a_foreign_or_old_logout_token_signs_nobody_out(
    browser: Browser, provider: RunningProvider, changed: dict[str, Any]
) -> None:
    client = browser.client
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    claims = {
        "iss": provider.issuer,
        "aud": CLIENT,
        "iat": int(time.time()),
        "jti": str(time.time_ns()),
        "sub": "1",
        "events": LOGOUT,
    }
    path = "/v1/session/sign-on/back-channel"
    wrong = {name: value for name, value in (claims | changed).items() if value is not None}
    answer = client.post(path, data={"logout_token": provider.signed({}, wrong)})
    assert_problem(answer, 400, "bad_request")
    assert user_of(client) is not None
    right = provider.signed({"typ": "logout+jwt"}, claims)
    assert client.post(path, data={"logout_token": right}).status_code == 200
    assert user_of(client) is None


def test_the_provider_signs_out_by_the_front_channel(
    browser: Browser, provider: RunningProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, found = browser.client, dict[str, Any]()
    sign_on = access_of(client).sign_on
    assert sign_on.provider is not None
    redeem = sign_on.provider.redeem
    monkeypatch.setattr(
        sign_on.provider, "redeem", lambda *asked: found.setdefault("claims", redeem(*asked))
    )
    provider.expects("1", "kim", "password", "radiology")
    browser.sign_on()
    sid = found["claims"]["sid"]
    path = "/v1/session/sign-on/front-channel"
    for wrong in ({}, {"iss": provider.issuer}, {"iss": "https://evil.example", "sid": sid}):
        assert client.get(path, params=wrong).status_code == 200
        assert user_of(client) is not None
    assert client.get(path, params={"iss": provider.issuer, "sid": sid}).status_code == 200
    assert user_of(client) is None


def test_without_a_provider_there_is_nowhere_to_sign_in(start: Start) -> None:
    here = start()
    for path in ("", "/callback", "/end"):
        answer = here.get(f"/v1/session/sign-on{path}", follow_redirects=False)
        assert_problem(answer, 404, "not_found")
    answer = here.post("/v1/session/sign-on/back-channel", data={"logout_token": "x"})
    assert_problem(answer, 404, "not_found")


def test_the_provider_is_a_real_one(provider: RunningProvider) -> None:
    where = f"{provider.issuer}/.well-known/openid-configuration"
    assert "S256" in requests.get(where, timeout=10).json()["code_challenge_methods_supported"]
