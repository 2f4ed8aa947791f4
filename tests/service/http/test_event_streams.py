"""A stream of events lasts as long as its caller may read, and leaves places for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from fastapi import FastAPI

from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import Principal
from radiograde.service.http.routes import event_routes
from tests.service.accounts import PASSWORD, QUICK
from tests.service.http.live import connected, listening, received, request_lines
from tests.service.processes import waited

Leave = Callable[[Access, str], None]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FastAPI, int]]:
    monkeypatch.setattr(event_routes, "CHECK_EVERY_S", 0.05)
    with listening(tmp_path) as (app, port):
        yield app, port


def add_users(app: FastAPI) -> Access:
    access: Access = app.state.access
    for name in ("kim", "lee"):
        access.users.add(name, "reader", QUICK.hash(PASSWORD))
    return access


@pytest.mark.parametrize(
    "leave",
    [
        lambda access, token: access.sessions.close(token),
        lambda access, token: access.users.remove("kim"),
        lambda access, token: access.users.change_password("kim", QUICK.hash("another")),
    ],
    ids=["sign-out", "removal", "new password"],
)
def test_it_ends_with_the_session(service: tuple[FastAPI, int], leave: Leave) -> None:
    app, port = service
    access = add_users(app)
    token, _ = access.sessions.open(Principal("kim", "reader"))
    cookie = f"radiograde={token}"
    with closing(connected(port, *request_lines("GET", "/v1/events", Cookie=cookie))) as stream:
        assert b"listening" in received(stream, b": listening")
        leave(access, token)
        assert received(stream, b"0\r\n\r\n").endswith(b"0\r\n\r\n")
    with closing(connected(port, *request_lines("GET", "/v1/events", Cookie=cookie))) as stream:
        assert b"401" in received(stream, b"\r\n")


def test_it_ends_with_the_key(service: tuple[FastAPI, int]) -> None:
    app, port = service
    key = app.state.access.keys.add("wall", "reader")
    lines = request_lines("GET", "/v1/events", Authorization=f"Bearer {key}")
    with closing(connected(port, *lines)) as stream:
        received(stream, b": listening")
        app.state.access.keys.remove("wall")
        assert received(stream, b"0\r\n\r\n").endswith(b"0\r\n\r\n")


def test_it_ends_where_sign_in_begins(service: tuple[FastAPI, int]) -> None:
    app, port = service
    with closing(connected(port, *request_lines("GET", "/v1/events"))) as stream:
        received(stream, b": listening")
        add_users(app)
        assert received(stream, b"0\r\n\r\n").endswith(b"0\r\n\r\n")


def test_it_goes_on_while_the_caller_may_read(
    service: tuple[FastAPI, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checking it does not count as somebody at the page: the session would never end."""
    app, port = service
    access = add_users(app)
    token, _ = access.sessions.open(Principal("kim", "reader"))
    asked: list[bool] = []
    find = access.sessions.find

    def watched(token: str, *, attended: bool = True, browser: str | None = None) -> object:
        asked.append(attended)
        return find(token, attended=attended, browser=browser)

    monkeypatch.setattr(type(access.sessions), "find", staticmethod(watched))
    lines = request_lines(
        "GET", "/v1/events", Cookie=f"radiograde={token}", Accept="text/event-stream"
    )
    with closing(connected(port, *lines)) as stream:
        received(stream, b": listening")
        assert waited(lambda: len(asked) >= 5)
        stream.settimeout(0.3)
        with pytest.raises(TimeoutError):
            stream.recv(1)
    assert not any(asked)


def test_one_reader_does_not_take_every_stream(service: tuple[FastAPI, int]) -> None:
    app, port = service
    app.state.page_queries.streams._a_caller = 2
    keys = [app.state.access.keys.add(name, "reader") for name in ("one", "two")]
    with ExitStack() as streams:

        def follow(key: str) -> bytes:
            lines = request_lines("GET", "/v1/events", Authorization=f"Bearer {key}")
            return received(streams.enter_context(closing(connected(port, *lines))))

        assert [b" 200 " in follow(keys[0]) for _ in range(3)] == [True, True, False]
        refused = follow(keys[0])
        assert b" 503 " in refused
        assert b"retry-after" in refused.lower()
        assert b" 200 " in follow(keys[1])
