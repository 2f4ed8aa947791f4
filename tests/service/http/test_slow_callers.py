"""Callers who dawdle: none keeps a place, a connection or memory longer than is good for others."""

from __future__ import annotations

import asyncio
import dataclasses
import http.client
import json
import select
import socket
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import pytest

from radiograde.service.http import connection_limits, event_loop, middleware, uploads
from radiograde.service.http.body_deadline import SenderPace
from radiograde.service.http.connection_limits import BoundedProtocol, ConnectionLimits
from radiograde.service.viewing.viewer import Viewer
from tests.service.certificates import Certificates
from tests.service.documents.graded_films import film_bytes
from tests.service.http.live import connected, listening, received, request_lines
from tests.service.processes import waited

ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
PIXELS = f"/v1/results/{ID}/pixels"
LIMITS = ConnectionLimits(head_s=0.5, drain_s=0.5)
LIMITS_ARE_OVER_S = 30.0
"""A busy machine is late; a caller without limits would stay for longer than any test."""

PATIENCE_S = 60.0
POST = {"Content_Type": "application/dicom", "Content_Length": "100000"}


def trickle(connection: socket.socket, byte: bytes, began: float, every_s: float = 0.02) -> float:
    """Send a byte again and again until the other side answers or ends.

    Return the seconds since ``began``.
    """
    connection.settimeout(every_s)
    while time.monotonic() - began < PATIENCE_S:
        try:
            connection.sendall(byte)
            connection.recv(1, socket.MSG_PEEK)
        except TimeoutError:
            continue
        except OSError:
            break
        break
    connection.settimeout(PATIENCE_S)
    return time.monotonic() - began


def ask(
    port: int, method: str = "GET", path: str = "/readyz", body: bytes = b"", **headers: str
) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with closing(connection):
        connection.request(method, path, body, {"Host": "localhost"} | headers)
        return connection.getresponse().status


DAWDLING = pytest.mark.parametrize("byte", [b"", b"x"], ids=["silent", "by the byte"])


@pytest.mark.parametrize(
    "begun",
    ["", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: "],
)
@DAWDLING
def test_a_head_that_is_never_complete_ends(tmp_path: Path, begun: str, byte: bytes) -> None:
    with listening(tmp_path, limits=LIMITS) as (_, port):
        began = time.monotonic()
        with closing(connected(port)) as connection:
            connection.sendall(begun.encode())
            assert 0.3 < trickle(connection, byte, began) < LIMITS_ARE_OVER_S
            assert received(connection) == b""


@DAWDLING
@pytest.mark.parametrize("path", ["/healthz", "/v1/score"])
def test_an_answered_caller_does_not_stay(tmp_path: Path, path: str, byte: bytes) -> None:
    """Neither one who asks no more, nor one who goes on with a body that was refused."""
    lines = {
        "/healthz": request_lines("GET", path),
        "/v1/score": request_lines("POST", path, **POST),
    }
    with listening(tmp_path, limits=LIMITS) as (app, port):
        app.state.access.keys.add("guard", "reader")
        with closing(connected(port, *lines[path])) as connection:
            received(connection, b"}")
            assert trickle(connection, byte, time.monotonic()) < LIMITS_ARE_OVER_S
            assert received(connection) == b""


def test_many_requests_on_one_connection_are_welcome(tmp_path: Path) -> None:
    with listening(tmp_path, limits=ConnectionLimits(head_s=2.0)) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        with closing(connection):
            used = set()
            for _ in range(8):
                connection.request("GET", "/healthz", headers={"Host": "localhost"})
                assert connection.getresponse().read()
                used.add(connection.sock)
                time.sleep(0.3)
            assert len(used) == 1


def shorten(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whatever reads bodies wait for half a second."""
    monkeypatch.setattr(uploads, "PACE", SenderPace(0.5, 2**16))
    monkeypatch.setattr(middleware, "SMALL_BODY_S", 0.5)
    app.state.stow = dataclasses.replace(app.state.stow, idle_s=0.5)


@DAWDLING
@pytest.mark.parametrize(
    "path", ["/v1/score", "/dicom-web/studies", "/v1/session", f"/v1/results/{ID}/reviews"]
)
def test_a_body_that_comes_by_the_byte_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, byte: bytes
) -> None:
    lines = request_lines("POST", path, **(POST | {"Content_Length": "60000"}))
    with listening(tmp_path) as (app, port):
        shorten(app, monkeypatch)
        began = time.monotonic()
        with closing(connected(port, *lines)) as connection:
            assert 0.3 < trickle(connection, byte, began) < LIMITS_ARE_OVER_S
            assert received(connection).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("path", ["/v1/score", "/dicom-web/studies"])
def test_slow_bodies_of_one_key_leave_places_to_others(tmp_path: Path, path: str) -> None:
    film = film_bytes()
    with listening(tmp_path, workers=2, queue=16) as (app, port), ExitStack() as slow:
        keys = [app.state.access.keys.add(name, "sender") for name in ("one", "two")]
        lines = request_lines("POST", path, Authorization=f"Bearer {keys[0]}", **POST)
        answers = [
            slow.enter_context(closing(connected(port, *lines, body=b"x"))) for _ in range(40)
        ]
        refused = 40 - {"/v1/score": 9, "/dicom-web/studies": 8}[path]
        assert waited(lambda: len(select.select(answers, [], [], 0)[0]) == refused)
        assert all(
            received(one).startswith(b"HTTP/1.1 503")
            for one in select.select(answers, [], [], 0)[0]
        )
        headers = {"Authorization": f"Bearer {keys[1]}", "Content-Type": "application/dicom"}
        assert ask(port, "POST", path, film, **headers) == 200


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> int:
    """Return the size of an answer that no buffer of the system takes whole."""
    size = 2**24
    monkeypatch.setattr(Viewer, "pixels", lambda *_: bytes(size))
    monkeypatch.setattr(Viewer, "pixels_tag", lambda *_: '"of a film"')
    return size


def narrow(port: int) -> socket.socket:
    """Return a connection whose system takes little before it is read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
    connection.settimeout(PATIENCE_S)
    connection.connect(("127.0.0.1", port))
    connection.sendall("\r\n".join((*request_lines("GET", PIXELS), "", "")).encode())
    return connection


def test_an_answer_that_nobody_reads_ends(tmp_path: Path, large: int) -> None:
    with listening(tmp_path, limits=LIMITS) as (_, port), closing(narrow(port)) as connection:
        assert select.select([connection], [], [], PATIENCE_S)[0], "it begins to answer"
        time.sleep(2.5)
        assert len(received(connection, b"never")) < large


def test_an_answer_that_is_read_slowly_comes_whole(tmp_path: Path, large: int) -> None:
    limits = ConnectionLimits(head_s=0.5, drain_s=1.5, least_bytes=2**16)
    with listening(tmp_path, limits=limits) as (_, port), closing(narrow(port)) as connection:
        read = 0
        while read < large and (more := connection.recv(2**20)):
            read += len(more)
            time.sleep(0.02)
        assert read >= large


def test_silent_connections_make_room_for_who_asks(tmp_path: Path) -> None:
    """As many as there may be, of one address; then those that wait longest go."""
    limits = ConnectionLimits(total=60, an_address=40)
    with listening(tmp_path, limits=limits) as (_, port), ExitStack() as strangers:
        opened = [strangers.enter_context(closing(connected(port))) for _ in range(60)]
        time.sleep(1.2)
        for connection in opened:
            with suppress(OSError):
                connection.sendall(b"GET / HTTP/1.1\r\n")
        assert [ask(port) for _ in range(5)] == [200] * 5


@pytest.mark.parametrize("begun", [b"", b"P", b"POST /"])
def test_a_crowd_that_comes_at_once_makes_room_at_once(tmp_path: Path, begun: bytes) -> None:
    """Nobody in it has asked for anything: who came first goes first."""
    limits = ConnectionLimits(total=60, an_address=40)
    with listening(tmp_path, limits=limits) as (_, port), ExitStack() as strangers:
        for _ in range(60):
            connection = strangers.enter_context(closing(connected(port)))
            with suppress(OSError):
                connection.sendall(begun)
        assert [ask(port) for _ in range(5)] == [200] * 5


def test_who_waits_for_a_busy_service_is_not_taken_for_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the service has not come to read counts as received: the strangers are slower."""
    busy_s = iter([0.0, 0.8, 1.3, 0.0])
    made = BoundedProtocol.connection_made

    def made_while_busy(protocol: BoundedProtocol, transport: asyncio.Transport) -> None:
        made(protocol, transport)
        time.sleep(next(busy_s, 0.0))

    monkeypatch.setattr(BoundedProtocol, "connection_made", made_while_busy)
    limits = ConnectionLimits(an_address=3)
    with listening(tmp_path, limits=limits) as (_, port), ExitStack() as callers:
        for _ in range(2):
            stranger = callers.enter_context(closing(connected(port)))
            stranger.sendall(b"G")
            time.sleep(0.2)
        lines = request_lines("GET", "/readyz", Connection="close")
        waiting, newcomer = (
            callers.enter_context(closing(connected(port, *lines))) for _ in range(2)
        )
        assert received(waiting).startswith(b"HTTP/1.1 200")
        assert received(newcomer).startswith(b"HTTP/1.1 200")


def test_whoever_is_served_is_not_ended_for_another(tmp_path: Path) -> None:
    limits = ConnectionLimits(an_address=3)
    with listening(tmp_path, limits=limits) as (_, port), ExitStack() as callers:
        lines = request_lines("GET", "/v1/events")
        streams = [callers.enter_context(closing(connected(port, *lines))) for _ in range(3)]
        for stream in streams:
            assert b"listening" in received(stream, b": listening")
        time.sleep(1.2)
        with pytest.raises(OSError):  # noqa: PT011  refused, or torn off
            ask(port)
        assert select.select(streams, [], [], 0.3)[0] == [] or all(
            stream.recv(100) for stream in select.select(streams, [], [], 0)[0]
        )
        streams[0].close()
        assert waited(lambda: answers(port))


def answers(port: int) -> bool:
    try:
        return ask(port) == 200
    except OSError:
        return False


def test_three_hundred_slow_connections_hold_no_sender_up(tmp_path: Path) -> None:
    film = film_bytes()
    with listening(tmp_path) as (_, port), ExitStack() as strangers:
        for number in range(300):
            connection = strangers.enter_context(closing(connected(port)))
            with suppress(OSError):
                connection.sendall(b"POST /v1/score HTTP/1.1\r\nHost: local"[: number % 40])
        time.sleep(1.2)
        headers = {"Content-Type": "application/dicom"}
        for _ in range(5):
            assert ask(port, "POST", "/v1/score", film, **headers) == 200
            assert ask(port, "POST", "/dicom-web/studies", film, **headers) == 200
            assert ask(port) == 200


def test_a_handshake_that_is_never_made_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_loop, "HANDSHAKE_S", 0.5)
    certificate, key = Certificates(tmp_path).of("server")
    chosen: dict[str, Any] = {"tls_certificate": certificate, "tls_key": key}
    with listening(tmp_path / "data", **chosen) as (_, port):
        began = time.monotonic()
        with closing(connected(port)) as connection:
            assert 0.3 < trickle(connection, b"", began) < LIMITS_ARE_OVER_S


def test_what_is_no_http_is_a_problem_too(tmp_path: Path) -> None:
    with listening(tmp_path) as (_, port), closing(connected(port)) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        head, _, body = received(connection, b"never").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == "bad_request"


def test_the_system_asks_whether_a_silent_caller_is_still_there() -> None:
    with closing(socket.socket()) as connection:
        connection_limits.notice_vanished_peers(connection)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_KEEPIDLE"):
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 60
