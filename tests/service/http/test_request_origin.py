from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
import structlog
from starlette.middleware import Middleware
from starlette.types import Message, Receive, Scope, Send

from radiograde.service.config.load import load_settings
from radiograde.service.config.settings import Settings
from radiograde.service.errors import ConfigurationError
from radiograde.service.http.request_origin import proxy_middleware
from tests.service.conftest import Start
from tests.service.http.test_guarded_routes import ask, routes

PEER = ("127.0.0.1", 5)


def passed_on(
    *headers: tuple[str, str], behind_proxy: Any = True, peer: tuple[str, int] | None = PEER
) -> tuple[str, object]:
    """Return scheme and client of a request as the app behind the middleware sees it."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        raise NotImplementedError

    (middleware,) = proxy_middleware(Settings(behind_proxy=behind_proxy))
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "scheme": "http", "client": peer, "headers": raw}
    with pytest.raises(StopIteration):
        built(middleware, app)(scope, receive, send).send(None)
    return seen[0]["scheme"], seen[0]["client"]


def built(middleware: Middleware, app: Any) -> Any:
    return middleware.cls(app, *middleware.args, **middleware.kwargs)


@pytest.mark.parametrize("behind_proxy", [True, ("127.0.0.1",), "127.0.0.0/8,10.9.9.9"])
def test_what_the_proxy_says_is_taken(behind_proxy: Any) -> None:
    headers = (("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "10.1.2.3"))
    assert passed_on(*headers, behind_proxy=behind_proxy) == ("https", ("10.1.2.3", 0))


@pytest.mark.parametrize("peer", ["10.7.7.7", "192.168.0.2", "2001:db8::1", "testclient"])
def test_without_names_only_a_proxy_at_this_computer_is_believed(peer: str) -> None:
    headers = (("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "10.1.2.3"))
    assert passed_on(*headers, peer=(peer, 5)) == ("http", (peer, 5))
    for here in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert passed_on(*headers, peer=(here, 5)) == ("https", ("10.1.2.3", 0))


def test_a_proxy_that_is_not_believed_is_logged_once(start: Start) -> None:
    client = start(behind_proxy=("10.0.0.5",))
    with structlog.testing.capture_logs() as logged:
        client.get("/healthz")
        for _ in range(3):
            client.get("/healthz", headers={"X-Forwarded-For": "10.1.2.3"})
    lines = [line for line in logged if line["event"] == "proxy_not_believed"]
    assert [line["address"] for line in lines] == ["127.0.0.1"]


@pytest.mark.parametrize("behind_proxy", [True, "127.0.0.1"])
def test_the_last_word_is_the_proxys_own(behind_proxy: Any) -> None:
    headers = (
        ("X-Forwarded-For", "1.1.1.1, 2.2.2.2"),
        ("X-Forwarded-For", "10.1.2.3"),
        ("X-Forwarded-Proto", "https, HTTP"),
    )
    assert passed_on(*headers, behind_proxy=behind_proxy) == ("http", ("10.1.2.3", 0))


def test_the_port_of_a_caller_is_no_part_of_the_address() -> None:
    """An attempt from another port is one more of the same caller: it counts as failed too."""
    assert passed_on(("X-Forwarded-For", "10.1.2.3:61234"))[1] == ("10.1.2.3", 61234)
    assert passed_on(("X-Forwarded-For", "[2001:db8::1]:80"))[1] == ("2001:db8::1", 80)


def test_of_several_proxies_the_caller_before_the_first_counts() -> None:
    headers = ("X-Forwarded-For", "6.6.6.6, 10.1.2.3, 10.9.9.9")
    assert passed_on(headers, behind_proxy="127.0.0.1,10.9.9.9")[1] == ("10.1.2.3", 0)


def test_a_stranger_is_not_believed_where_the_proxies_are_named() -> None:
    headers = (("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "10.1.2.3"))
    stranger = ("10.7.7.7", 5)
    assert passed_on(*headers, behind_proxy="127.0.0.1", peer=stranger) == ("http", stranger)


@pytest.mark.parametrize("proto", ["", "gopher", "https://evil.example"])
def test_nonsense_changes_nothing(proto: str) -> None:
    assert passed_on(("X-Forwarded-Proto", proto)) == ("http", PEER)


def test_silence_changes_nothing() -> None:
    assert passed_on() == ("http", PEER)
    assert passed_on(peer=None) == ("http", None)


def test_without_a_proxy_nobody_is_believed() -> None:
    assert proxy_middleware(Settings()) == []
    assert proxy_middleware(Settings(behind_proxy=False)) == []


def test_the_setting_takes_a_word_or_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = {}
    for text in ("true", "1", "false", "10.0.0.5", " 10.0.0.0/8, ::1 "):
        monkeypatch.setenv("RADIOGRADE_BEHIND_PROXY", text)
        settings = load_settings()
        accepted[text] = settings.behind_proxy
        for name, value in settings.environment().items():
            monkeypatch.setenv(name, value)
        assert load_settings().behind_proxy == settings.behind_proxy
    assert accepted == {
        "true": True,
        "1": True,
        "false": False,
        "10.0.0.5": (ip_network("10.0.0.5"),),
        " 10.0.0.0/8, ::1 ": (ip_network("10.0.0.0/8"), ip_network("::1")),
    }


@pytest.mark.parametrize("text", ["nginx", "10.0.0.300", "*", "10.0.0.1,proxy"])
def test_what_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("RADIOGRADE_BEHIND_PROXY", text)
    with pytest.raises(ConfigurationError, match="RADIOGRADE_BEHIND_PROXY"):
        load_settings()


@pytest.mark.parametrize(("behind_proxy", "believed"), [(True, True), (("10.0.0.5",), False)])
def test_the_app_believes_the_proxies_of_the_settings(
    start: Start, behind_proxy: Any, believed: bool
) -> None:
    answer = start(behind_proxy=behind_proxy).get("/", headers={"X-Forwarded-Proto": "https"})
    assert ("Strict-Transport-Security" in answer.headers) is believed


SITES = {"same-origin": False, "none": False, "same-site": True, "cross-site": True, "x": True}
ORIGINS = {
    "http://localhost": False,
    "https://localhost": False,
    "http://LOCALHOST:80": False,
    "http://localhost:8000": True,
    "http://localhost.evil.example": True,
    "http://evil.example": True,
    "localhost": True,
    "null": True,
    "": True,
    "file://": True,
    "http://localhost http://evil.example": True,
}


@pytest.mark.parametrize("site", SITES)
def test_a_browser_that_says_from_where_is_believed(start: Start, site: str) -> None:
    for origin in ("http://evil.example", "null", "http://localhost"):
        headers = {"Sec-Fetch-Site": site, "Origin": origin}
        for method, path in (("POST", "/v1/score"), ("DELETE", "/v1/session")):
            answer = start().request(method, path, headers=headers)
            assert (answer.status_code == 403) is SITES[site]


@pytest.mark.parametrize("origin", ORIGINS)
def test_no_change_is_made_for_a_page_of_another_origin(start: Start, origin: str) -> None:
    """Browsers send Sec-Fetch-Site by TLS and to this computer alone."""
    client = start()
    changes = [(method, path) for method, path in routes(client) if method not in ("GET", "HEAD")]
    assert len(changes) > 6
    for method, path in changes:
        answer = ask(client, method, path, Origin=origin)
        assert (answer.status_code == 403) is ORIGINS[origin], path
        assert not ORIGINS[origin] or answer.json()["code"] == "foreign_page"
    assert client.get("/healthz", headers={"Origin": origin}).status_code == 200


def test_a_page_by_another_port_names_it(start: Start) -> None:
    headers = {"Host": "localhost:8443", "Origin": "https://localhost:8443"}
    assert start().delete("/v1/session", headers=headers).status_code == 204
