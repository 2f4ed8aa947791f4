"""Documents, pixels and pictures take turns among themselves: nothing else waits for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from fastapi import FastAPI

from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.http.places import Holder
from radiograde.service.http.runtime import DOCUMENT_QUEUE as QUEUE
from radiograde.service.http.runtime import DOCUMENT_THREADS as THREADS
from radiograde.service.viewing.viewer import Viewer
from radiograde.service.worklist.history import History
from tests.service.http.live import connected, listening, received, request_lines
from tests.service.processes import waited

ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
SLOW = (
    *("overlay.png", "sr", "seg", "sc", "fhir", "report.pdf", f"reviews/{ID}/sr"),
    *("view", "preview", "pixels", "maps", "thumbnail.jpg"),
)
WAITS = {
    DocumentStore: ("document", "overlay", "page_report", "review_report"),
    Viewer: ("view", "preview", "pixels", "maps", "thumbnail"),
    History: ("of",),
}


class Held:
    """Stands in for whatever makes a document: waits until it is let go, then fails."""

    def __init__(self) -> None:
        self.at_work = 0
        self.go = threading.Event()

    def __call__(self, *_: object) -> None:
        self.at_work += 1
        assert self.go.wait(60)
        raise RuntimeError


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    held = Held()
    for owner, names in WAITS.items():
        for name in names:
            monkeypatch.setattr(owner, name, lambda *_, **__: held())
    monkeypatch.setattr(Viewer, "pixels_tag", lambda *_: '"of a film"')
    return held


@pytest.fixture
def service(tmp_path: Path, held: Held) -> Iterator[tuple[FastAPI, int]]:
    with listening(tmp_path) as (app, port):
        try:
            yield app, port
        finally:
            held.go.set()


def get(port: int, path: str, **headers: str) -> bytes:
    lines = request_lines("GET", path, Connection="close", **headers)
    with closing(connected(port, *lines)) as connection:
        return received(connection)


def test_sixty_documents_under_way_keep_nobody_else_waiting(
    service: tuple[FastAPI, int], held: Held
) -> None:
    _, port = service
    with ExitStack() as callers:
        waiting = [
            callers.enter_context(closing(connected(port, *request_lines("GET", path))))
            for path in (f"/v1/results/{ID}/{SLOW[number % len(SLOW)]}" for number in range(60))
        ]
        assert waited(lambda: held.at_work == THREADS)
        for path in ("/readyz", "/healthz", "/v1/results", "/v1/worklist", "/v1/session", "/"):
            assert get(port, path).startswith(b"HTTP/1.1 200"), path
        assert held.at_work == THREADS
        held.go.set()
        for connection in waiting:
            assert received(connection).startswith(b"HTTP/1.1 500")
    assert held.at_work == 60


@pytest.mark.parametrize("path", SLOW)
def test_each_kind_is_made_there(service: tuple[FastAPI, int], held: Held, path: str) -> None:
    app, port = service
    with ExitStack() as places:
        for _ in range(THREADS + QUEUE):
            places.callback(app.state.runtime.document_pool._places.take())
        answer = get(port, f"/v1/results/{ID}/{path}")
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"retry-after:" in answer.lower()
    assert held.at_work == 0


def test_one_caller_leaves_half_to_others(service: tuple[FastAPI, int], held: Held) -> None:
    app, port = service
    keys = [app.state.access.keys.add(name, "reader") for name in ("one", "two")]
    with ExitStack() as places:
        for _ in range((THREADS + QUEUE) // 2):
            places.callback(app.state.runtime.document_pool._places.take(Holder("one", "10.0.0.1")))
        refused = get(port, f"/v1/results/{ID}/sr", Authorization=f"Bearer {keys[0]}")
        assert refused.startswith(b"HTTP/1.1 503")
        held.go.set()
        made = get(port, f"/v1/results/{ID}/sr", Authorization=f"Bearer {keys[1]}")
        assert made.startswith(b"HTTP/1.1 500")
    assert held.at_work == 1


def test_every_thread_that_requests_share_may_be_taken(
    service: tuple[FastAPI, int], monkeypatch: pytest.MonkeyPatch, held: Held
) -> None:
    """A database that hangs does not hide that the process lives, and that it is not ready."""
    app, port = service
    monkeypatch.setattr(type(app.state.runtime.records.results), "page", lambda *_: held())
    with ExitStack() as callers:
        for _ in range(60):
            lines = request_lines("GET", "/v1/results")
            callers.enter_context(closing(connected(port, *lines)))
        assert waited(lambda: held.at_work == 40)
        assert get(port, "/healthz").startswith(b"HTTP/1.1 200")
        assert get(port, "/readyz").startswith(b"HTTP/1.1 200")
        held.go.set()
