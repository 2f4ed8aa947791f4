"""What comes at once at a service under attack, each in a process of its own; and one sender.

Everybody calls from this computer's one address, so that no limit for an address helps the sender.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from io import BytesIO
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from typing import Any

import uvicorn
from pydicom import dcmread, uid
from pynetdicom import AE
from starlette.types import Receive, Scope, Send

SLOW_CONNECTIONS = 300
"""On each port, each sending a byte a second and coming back when it is ended."""

SLOW_BODIES = 20
FLOODING = 8
DOCUMENTS = ("overlay.png", "sr", "seg", "sc", "report.pdf", "pixels", "thumbnail.jpg")
WAIT_S = 60.0
SERVED = "served"

HEAD = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\n"
ASSOCIATE = b"\x01\x00\x00\x00\x10\x00\x00\x01\x00\x00" + b"RADIOGRADE".ljust(16) * 100


@dataclass(frozen=True, slots=True)
class Target:
    """A service: its ports, a key that reads, a key that sends, and films that it graded."""

    http: int
    dicom: int
    reader: str
    sender: str
    films: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A film that was sent: the status of its answer, ``SERVED`` or what else became of it."""

    way: str
    answer: str
    took_s: float


@contextmanager
def apart(work: Callable[..., None], *arguments: Any) -> Iterator[list[Any]]:
    """Run ``work(*arguments, stop, report)`` in a process within the ``with`` block.

    Gives a list that holds what it reported once the block has ended.
    """
    context, reported = get_context("spawn"), list[Any]()
    stop, report = context.Event(), context.Queue()
    process = context.Process(target=work, args=(*arguments, stop, report), daemon=True)
    process.start()
    try:
        yield reported
    finally:
        stop.set()
        reported.extend(report.get(timeout=3 * WAIT_S))
        process.join()


def drip(target: Target, stop: Event, report: Queue[Any]) -> None:
    """Keep slow connections and slow bodies going; reports how many were ended and came back."""
    body = (
        HEAD + f"Authorization: Bearer {target.reader}\r\nContent-Length: 9999999\r\n\r\n".encode()
    )
    kinds = [
        (SLOW_CONNECTIONS, target.http, b"", HEAD * 20),
        (SLOW_CONNECTIONS, target.dicom, b"", ASSOCIATE),
        (SLOW_BODIES, target.http, body, bytes(4096)),
    ]
    callers = [
        _Dripping(port, begin, then) for count, port, begin, then in kinds for _ in range(count)
    ]
    while not stop.is_set():
        for caller in callers:
            caller.drip()
        stop.wait(1.0)
    report.put([sum(caller.ended for caller in callers)])


class _Dripping:
    """A connection that sends a byte at a time, and is opened anew when it is ended."""

    def __init__(self, port: int, begin: bytes, then: bytes) -> None:
        self._port, self._begin, self._then = port, begin, then
        self._connection: socket.socket | None = None
        self._sent = 0
        self.ended = 0

    def drip(self) -> None:
        try:
            if self._connection is None:
                self._connection = socket.create_connection(("127.0.0.1", self._port), 5)
                self._connection.sendall(self._begin)
                self._sent = 0
            self._connection.sendall(self._then[self._sent : self._sent + 1])
            self._sent += 1
        except OSError:
            self.ended += 1
            if self._connection is not None:
                self._connection.close()
            self._connection = None


def flood(target: Target, stop: Event, report: Queue[Any]) -> None:
    """Ask for documents without pause; reports how often each status was the answer."""
    statuses: Counter[int] = Counter()

    def ask(number: int) -> None:
        while not stop.is_set():
            film = target.films[number % len(target.films)]
            path = f"/v1/results/{film}/{DOCUMENTS[number % len(DOCUMENTS)]}"
            with suppress(OSError, HTTPException):
                statuses[request(target.http, "GET", path, target.reader)] += 1
            number += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(FLOODING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.put([dict(statuses)])


def send(target: Target, film: bytes, stop: Event, report: Queue[Any]) -> None:
    """Send new films by C-STORE and ``POST /v1/score`` in turn; reports how each was answered."""
    sent: list[Sent] = []
    while not stop.is_set():
        for name, way in (("C-STORE", _store), ("POST /v1/score", _post)):
            began = time.monotonic()
            try:
                answer = way(target, film)
            except (OSError, HTTPException) as error:
                answer = type(error).__name__
            sent.append(Sent(name, answer, round(time.monotonic() - began, 3)))
    report.put(sent)


@contextmanager
def bare_server() -> Iterator[int]:
    """Run uvicorn in a process of its own with an app that does nothing; give its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        process = get_context("fork").Process(target=_serve_nothing, args=(listener,), daemon=True)
        process.start()
        try:
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.join()


def _serve_nothing(listener: socket.socket) -> None:
    config = uvicorn.Config(_nothing, log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


async def _nothing(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def request(port: int, method: str, path: str, key: str = "", body: bytes | None = None) -> int:
    """Return the status of one answer, read to its end, over a connection of its own."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if body is not None:
        headers["Content-Type"] = "application/dicom"
    with closing(HTTPConnection("127.0.0.1", port, timeout=WAIT_S)) as connection:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def _post(target: Target, film: bytes) -> str:
    ds = dcmread(BytesIO(film))
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid.generate_uid()
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    status = request(target.http, "POST", "/v1/score", target.sender, file.getvalue())
    return SERVED if status == 200 else str(status)


def _store(target: Target, film: bytes) -> str:
    ds = dcmread(BytesIO(film))
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = uid.generate_uid()
    modality = AE("MODALITY")
    modality.add_requested_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
    modality.connection_timeout = modality.acse_timeout = modality.dimse_timeout = WAIT_S
    association = modality.associate("127.0.0.1", target.dicom, ae_title="RADIOGRADE")
    if not association.is_established:
        return "no association"
    answer = association.send_c_store(ds)
    association.release()
    if "Status" not in answer:
        return "no answer"
    return SERVED if answer.Status == 0x0000 else f"{answer.Status:04X}"
