from __future__ import annotations

import pytest
from starlette.types import Message, Receive, Scope, Send

from radiograde.service.http.proxy import BehindProxy


def passed_on(*headers: tuple[str, str]) -> tuple[str, object]:
    """Return scheme and client of a request as the app behind the middleware sees it."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def receive() -> Message:
        raise NotImplementedError

    async def send(message: Message) -> None:
        raise NotImplementedError

    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "scheme": "http", "client": ("127.0.0.1", 5), "headers": raw}
    with pytest.raises(StopIteration):
        BehindProxy(app)(scope, receive, send).send(None)
    return seen[0]["scheme"], seen[0]["client"]


def test_what_the_proxy_says_is_taken() -> None:
    told = (("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "10.1.2.3"))
    assert passed_on(*told) == ("https", ("10.1.2.3", 0))


def test_the_last_word_is_the_proxys_own() -> None:
    told = (
        ("X-Forwarded-For", "1.1.1.1, 2.2.2.2"),
        ("X-Forwarded-For", "10.1.2.3"),
        ("X-Forwarded-Proto", "https, HTTP"),
    )
    assert passed_on(*told) == ("http", ("10.1.2.3", 0))


@pytest.mark.parametrize("proto", ["", "gopher", "https://evil.example"])
def test_nonsense_changes_nothing(proto: str) -> None:
    assert passed_on(("X-Forwarded-Proto", proto)) == ("http", ("127.0.0.1", 5))


def test_silence_changes_nothing() -> None:
    assert passed_on() == ("http", ("127.0.0.1", 5))
