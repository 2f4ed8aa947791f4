"""Senders of films that were never sent before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import count
from queue import Empty, LifoQueue

from benchmarks.film import COLUMNS, ROWS, dicom_films
from benchmarks.intake import ROOT

WAIT_S = 30.0
KEPT_S = 2.0
"""A connection that rested for longer may be closed by the service as it is used."""

FIRST = 10_000_000
"""Last part of the first film's UID: all are of one length."""


class Films:
    """A drawn film under ever new UIDs; safe to share among threads."""

    def __init__(self, rows: int = ROWS, columns: int = COLUMNS) -> None:
        self._uid = f"{ROOT}.6.{FIRST}".encode()
        self.file = dicom_films(rows, columns)(self._uid.decode())
        self._data_set_at = self.file.index(b"\x08\x00\x16\x00UI")
        self._numbers = count(FIRST + 1)

    def next(self) -> bytes:
        """Return the next film as a file."""
        return self._next()[1]

    def next_data_set(self) -> tuple[str, memoryview]:
        """Return the next film's SOP Instance UID and its data set."""
        uid, file = self._next()
        return uid, memoryview(file)[self._data_set_at :]

    def _next(self) -> tuple[str, bytes]:
        uid = f"{ROOT}.6.{next(self._numbers)}"
        head, rest = self.file[:4096], self.file[4096:]
        return uid, head.replace(self._uid, uid.encode()) + rest


class Web:
    """Sends films over connections that it keeps, as many as it needs at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: LifoQueue[tuple[HTTPConnection, float]] = LifoQueue()

    def score(self, film: bytes) -> str:
        """Return ``accepted`` once a film is graded, or the status that it got instead."""
        return self._post("/v1/score", film, "application/dicom")

    def stow(self, film: bytes) -> str:
        """Return ``accepted`` once a film is kept, or the status that it got instead."""
        body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + film + b"\r\n--x--\r\n"
        kind = 'multipart/related; type="application/dicom"; boundary=x'
        return self._post("/dicom-web/studies", body, kind)

    def read(self, status: int, body: bytes) -> None:
        """Take what was answered; here nobody reads it."""

    def close(self) -> None:
        """End the connections."""
        while not self._free.empty():
            self._free.get()[0].close()

    def _post(self, path: str, body: bytes, kind: str) -> str:
        with self._connection() as connection:
            try:
                connection.request("POST", path, body, {"Content-Type": kind})
                answer = connection.getresponse()
                self.read(answer.status, answer.read())
            except (OSError, HTTPException):
                connection.close()  # the next request opens it anew
                return "connection lost"
        return "accepted" if answer.status == 200 else str(answer.status)

    @contextmanager
    def _connection(self) -> Iterator[HTTPConnection]:
        try:
            connection, used = self._free.get_nowait()
        except Empty:
            connection, used = HTTPConnection("127.0.0.1", self._port, timeout=WAIT_S), 0.0
        if time.monotonic() - used > KEPT_S:
            connection.close()  # the next request opens it anew
        yield connection
        self._free.put((connection, time.monotonic()))
