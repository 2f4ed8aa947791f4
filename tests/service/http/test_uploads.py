from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from radiograde.model.limits import Limits
from radiograde.service.errors import UploadTimeoutError
from radiograde.service.http.uploads import read_upload
from tests.service.fakes import png
from tests.service.http.test_scoring import assert_problem


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


def test_a_body_is_held_once() -> None:
    chunk = bytes(2**16)
    parts = request([body(bytes(chunk), more=number < 199) for number in range(200)])

    async def length() -> int:
        return len(await read_upload(parts, Limits(200 * len(chunk)), 60))

    tracemalloc.start()
    try:
        held = asyncio.run(length())
        highest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert held == 200 * len(chunk)
    assert highest < 1.3 * held


def test_no_film_is_left_on_a_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    rolled: list[object] = []
    monkeypatch.setattr("tempfile.SpooledTemporaryFile.rollover", rolled.append)
    answer = client.post("/v1/score", files={"file": bytes(2**21)})
    assert answer.json()["code"] == "unknown_format"
    assert rolled == []


def form(
    *parts: tuple[str, bytes], boundary: bytes = b"x", media_type: str = "multipart/form-data"
) -> dict[str, Any]:
    """Return what to send of parts, each with its headers in a line."""
    head = [b"--" + boundary + b"\r\n" + headers.encode() + b"\r\n\r\n" for headers, _ in parts]
    content = b"".join(a + b + b"\r\n" for a, (_, b) in zip(head, parts, strict=True))
    return {
        "content": content + b"--" + boundary + b"--\r\n",
        "headers": {"content-type": f"{media_type}; boundary={boundary.decode()}"},
    }


NAMES = [
    "filename=film.png",
    'filename="film.png"',
    'filename=""',
    "filename*=UTF-8''r%C3%B6ntgen.png",
    "FILENAME* = UTF-8''film.png",
    'filename="film.png"; filename*=UTF-8film.png',
    "filename*0=fi; filename*1=lm.png",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_one_however_it_is_named(client: TestClient, name: str) -> None:
    headers = f'Content-Disposition: form-data; name="file"; {name}'
    answer = client.post("/v1/score", **form((headers, png())))
    assert answer.status_code == 200, answer.text
    large = client.post("/v1/score", **form((headers, bytes(2**21))))
    assert large.json()["code"] == "unknown_format"


def test_a_part_with_a_type_of_its_own_is_a_file(client: TestClient) -> None:
    headers = "Content-Disposition: form-data; name=file\r\nContent-Type: application/dicom"
    assert client.post("/v1/score", **form((headers, png()))).status_code == 200


def test_other_fields_may_stand_around_the_file(client: TestClient) -> None:
    field = ('Content-Disposition: form-data; name="remark"', b"filename=x")
    file = ('Content-Disposition: form-data; name="file"; filename="f"', png())
    other = ('Content-Disposition: form-data; name="other"; filename="f"', bytes(1000))
    answer = client.post("/v1/score", **form(field, other, file, field))
    assert answer.status_code == 200, answer.text


def test_two_files_at_once_are_refused(client: TestClient) -> None:
    file = ('Content-Disposition: form-data; name="file"; filename="f"', png())
    assert_problem(client.post("/v1/score", **form(file, file)), 400, "bad_request")


@pytest.mark.parametrize(
    "media_type",
    [
        *("image/jpg", "image/pjpeg", "image/x-png", "IMAGE/JPG", "image/*", "", " "),
        *("application/x-dicom", "binary/octet-stream", "application/x-www-form-urlencoded"),
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.50",
    ],
)
def test_a_type_that_says_little_leaves_it_to_the_bytes(
    client: TestClient, media_type: str
) -> None:
    answer = client.post("/v1/score", content=png(), headers={"content-type": media_type})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/json", "application/zip", "multipart/related", "video/mp4", "x"],
)
def test_a_type_that_is_no_films_is_refused(client: TestClient, media_type: str) -> None:
    answer = client.post("/v1/score", content=png(), headers={"content-type": media_type})
    assert_problem(answer, 415, "unsupported_media_type")


def test_a_body_that_stalls_is_given_up() -> None:
    stalled = request([body(b"ab", more=True)])
    with pytest.raises(UploadTimeoutError, match=r"0\.05 seconds"):
        asyncio.run(read_upload(stalled, Limits(10), 0.05))


def test_a_caller_who_hangs_up_is_noticed() -> None:
    gone = request([body(b"ab", more=True), {"type": "http.disconnect"}])
    with pytest.raises(ClientDisconnect):
        asyncio.run(read_upload(gone, Limits(10), 5))
