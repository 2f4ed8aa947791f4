from __future__ import annotations

import asyncio

import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from radiograde.model.limits import Limits
from radiograde.service.errors import UploadTimeoutError
from radiograde.service.http.uploads import read_upload


def request(messages: list[Message]) -> Request:
    """Return a request whose body comes as these messages, and then nothing for ever."""

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"image/png")]}
    return Request(scope, receive)


def body(data: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": data, "more_body": more}


def test_the_parts_of_a_body_are_joined() -> None:
    parts = request([body(b"ab", more=True), body(b"c", more=False)])
    assert asyncio.run(read_upload(parts, Limits(3), 5)) == b"abc"


def test_no_film_is_left_on_a_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    rolled: list[object] = []
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", rolled.append)
    answer = client.post("/v1/score", files={"file": bytes(2**21)})
    assert answer.json()["code"] == "unknown_format"
    assert rolled == []


def test_a_body_that_stalls_is_given_up() -> None:
    stalled = request([body(b"ab", more=True)])
    with pytest.raises(UploadTimeoutError, match=r"0\.05 seconds"):
        asyncio.run(read_upload(stalled, Limits(10), 0.05))


def test_a_caller_who_hangs_up_is_noticed() -> None:
    gone = request([body(b"ab", more=True), {"type": "http.disconnect"}])
    with pytest.raises(ClientDisconnect):
        asyncio.run(read_upload(gone, Limits(10), 5))
