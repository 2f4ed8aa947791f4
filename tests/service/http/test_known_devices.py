"""A stranger's tries from everywhere keep nobody out who signed in before on the same device."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.service.accounts import PASSWORD, QUICK, access_of, add_user, sign_in
from tests.service.conftest import Start
from tests.service.http.test_scoring import assert_problem
from tests.service.http.test_session_routes import BY_TLS, cookies_in, try_to


@pytest.fixture
def strangers(client: TestClient) -> Iterator[TestClient]:
    """Return a client whose every request comes from another address."""
    numbers = count()

    async def from_anywhere(scope, receive, send):  # type: ignore[no-untyped-def]  # ASGI
        number = next(numbers)
        here = {**scope, "client": (f"172.16.{number // 256}.{number % 256}", 50000)}
        await client.app(here, receive, send)

    with TestClient(from_anywhere, base_url="http://localhost") as everywhere:
        yield everywhere


def device_in(answer: Response) -> str:
    (device,) = (cookie.key for cookie in cookies_in(answer) if "device" in cookie.key)
    return device


def besiege(strangers: TestClient, name: str = "kim") -> None:
    for _ in range(5):
        assert_problem(try_to(strangers, "wrong", name), 401, "sign_in_failed")
    assert_problem(try_to(strangers, "wrong", name), 429, "too_many_attempts")


def test_her_own_browser_lets_her_in_whatever_strangers_try(
    client: TestClient, strangers: TestClient
) -> None:
    add_user(client)
    sign_in(client)
    client.cookies.delete("radiograde")
    besiege(strangers)
    strangers.cookies.update(client.cookies)
    assert try_to(strangers).status_code == 200
    strangers.cookies.clear()
    assert_problem(try_to(strangers), 429, "too_many_attempts")


@pytest.mark.parametrize(
    ("by_tls", "name"),
    [(True, "__Secure-radiograde-device-"), (False, "radiograde-device-")],
)
def test_the_cookie_of_a_device(start: Start, by_tls: bool, name: str) -> None:
    client = start(behind_proxy=by_tls)
    add_user(client)
    answer = try_to(client, headers=BY_TLS if by_tls else {})
    (cookie,) = (one for one in cookies_in(answer) if "device" in one.key)
    assert cookie.key.startswith(name)
    assert cookie["httponly"] is True
    assert cookie["samesite"].lower() == "strict"
    assert (cookie["path"], cookie["domain"]) == ("/v1/session", "")
    assert bool(cookie["secure"]) == by_tls
    assert int(cookie["max-age"]) == 180 * 24 * 3600
    assert "kim" not in cookie.key + cookie.value


def test_a_new_password_makes_every_device_unknown(
    client: TestClient, strangers: TestClient
) -> None:
    add_user(client)
    sign_in(client)
    access_of(client).users.change_password("kim", QUICK.hash(PASSWORD))
    besiege(strangers)
    strangers.cookies.update(client.cookies)
    assert_problem(try_to(strangers), 429, "too_many_attempts")


def test_a_device_lets_in_only_whose_it_is(client: TestClient, strangers: TestClient) -> None:
    add_user(client)
    add_user(client, "lee")
    lee = device_in(try_to(client, name="lee"))
    stolen = client.cookies[lee]
    client.cookies.clear()
    kim = device_in(try_to(client))
    besiege(strangers)
    for made_up in (stolen, "made.up", ".", "x" * 2000):
        strangers.cookies.set(kim, made_up, path="/v1/session")
        assert_problem(try_to(strangers), 429, "too_many_attempts")


def test_several_people_sign_in_on_one_device(client: TestClient, strangers: TestClient) -> None:
    for name in ("kim", "lee"):
        add_user(client, name)
        assert try_to(client, name=name).status_code == 200
    for name in ("kim", "lee"):
        besiege(strangers, name)
    strangers.cookies.update(client.cookies)
    for name in ("kim", "lee"):
        assert try_to(strangers, name=name).status_code == 200


def test_places_for_verifying_are_left_to_known_devices(client: TestClient) -> None:
    add_user(client)
    sign_in(client)
    password_sign_in = access_of(client).password_sign_in
    password_sign_in._under_way = 34
    assert try_to(client).status_code == 200
    client.cookies.clear()
    assert_problem(try_to(client), 503, "overloaded")
