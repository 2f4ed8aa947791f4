"""A service as it listens, in a thread of the test, with what only sockets show."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.http.app import create_app
from radiograde.service.http.connection_limits import ConnectionLimits
from radiograde.service.http.server import Server, listen
from tests.service.fakes import FakeScorer, PicklingRunner
from tests.service.processes import waited


@contextmanager
def listening(
    data: Path,
    scorer: Scorer | None = None,
    limits: ConnectionLimits | None = None,
    **chosen: Any,
) -> Iterator[tuple[FastAPI, int]]:
    """Run a service within the ``with`` block; gives its app and its port."""
    settings = Settings(data_dir=data, **chosen)
    app = create_app(settings, scorer=scorer or FakeScorer(), runner=PicklingRunner())
    with listen("127.0.0.1", 0) as listener:
        server = Server(app, settings, limits)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert waited(lambda: server.started)
            yield app, listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def connected(port: int, *lines: str, body: bytes = b"") -> socket.socket:
    """Return a connection on which a request's lines, and then some bytes, were sent."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    if lines:
        connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode() + body)
    return connection


def request_lines(method: str, path: str, **headers: str) -> tuple[str, ...]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        *(f"{name}: {value}" for name, value in named.items()),
    )


def received(connection: socket.socket, until: bytes = b"\r\n\r\n") -> bytes:
    """Return what came up to and with some bytes, up to the end, or within a minute."""
    data, end = b"", time.monotonic() + 60
    while until not in data and time.monotonic() < end:
        try:
            more = connection.recv(65536)
        except ConnectionResetError:
            break
        if not more:
            break
        data += more
    return data
