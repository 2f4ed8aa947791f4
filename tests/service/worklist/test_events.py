"""The stream of events, from a service as it really runs."""

from __future__ import annotations

import http.client
import json
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPResponse
from pathlib import Path

import pytest

from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.orthanc import free_port
from tests.service.processes import Process, running, waited
from tests.service.worklist.stock import PATIENT, Stock

SECONDS_TO_END = 9.0
"""Less than the service gives those whom it does not end."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events")


@pytest.fixture
def service(data: Path) -> Iterator[tuple[Process, int]]:
    """Return a running service without a worker, and its port."""
    port = free_port()
    command = ("serve", "--port", str(port), "--data-dir", str(data), "--no-worker")
    with running(*command, log=data / "serve.log") as process:
        assert waited(lambda: answers(port), 90), (data / "serve.log").read_text()
        yield process, port


def answers(port: int) -> bool:
    try:
        with stream(port, "/readyz") as answer:
            return answer.status == 200
    except OSError:
        return False


@contextmanager
def stream(port: int, path: str = "/v1/events") -> Iterator[HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            yield answer


def event(answer: HTTPResponse) -> dict[str, str]:
    """Return the next event as it is written; comments are passed over."""
    fields: dict[str, str] = {}
    while True:
        line = answer.readline().decode().rstrip("\n")
        if not line and fields:
            return fields
        name, _, value = line.partition(": ")
        if name:
            fields[name] = value


def test_films_are_told_and_streams_end_with_the_service(
    service: tuple[Process, int], data: Path
) -> None:
    process, port = service
    with stream(port) as one, stream(port) as two:
        for answer in (one, two):
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            assert answer.readline().startswith(b": ")
        id = film_from_another_process(data)
        began = time.monotonic()
        for answer in (one, two):
            assert event(answer) == {"event": "film", "data": json.dumps({"id": id})}
        id = film_from_another_process(data, patient=PATIENT)
        for answer in (one, two):
            of_patient = json.dumps({"id": id, "patient": PATIENT[:6]})
            assert event(answer) == {"event": "film", "data": of_patient}
        assert time.monotonic() - began < 60
        process.running.send_signal(signal.SIGTERM)
        began = time.monotonic()
        # Whoever still reads meets an end, not a connection torn off.
        assert one.read().strip() == two.read().strip() == b""
        assert time.monotonic() - began < SECONDS_TO_END
    assert process.running.wait(30) == 0


def film_from_another_process(data: Path, patient: str | None = None) -> str:
    with closing(open_records(Settings(data_dir=data))) as records:
        stock = Stock(records, count=0 if patient is None else 1)
        return stock.film(patient=patient)
