"""A running installation under load, by HTTP, STOW-RS and C-STORE, until it refuses.

Of each way first its capacity, each film sent after the answer to the one before; then films that
arrive at random times (Poisson) at half of it, at nine tenths, and as in a morning: half of it, a
burst of twice as much as it can take, half of it again. By HTTP a film is answered once it is
graded, by the other ways once it is kept; no worker runs. Sender and service share the cores.

    python -m benchmarks.load
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

import click

from benchmarks.arrivals import Send, arrive, capacity, poisson, recovered_after_s, summary
from benchmarks.film import dicom_films
from benchmarks.intake import ROOT, radiograde, resident_mb
from benchmarks.modality import Modality
from benchmarks.stopwatch import RESULTS

CONNECTIONS = 4
WAIT_S = 120.0
FIRST = 10_000_000
"""Last part of the first film's UID: all are of one length."""


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="Of each measurement.")
def main(seconds: float) -> None:
    """Measure the three ways and write benchmarks/results/load.json."""
    films = Films()
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "data"
        node, dicom = stack.enter_context(radiograde(data, "listen"))
        server, http = stack.enter_context(radiograde(data, "serve"))
        modality = stack.enter_context(closing(Modality(dicom)))
        web = stack.enter_context(closing(Web(http)))
        ways: Mapping[str, tuple[int, Send]] = {
            "POST /v1/score": (server, lambda _: web.score(films.next())),
            "STOW-RS": (server, lambda _: web.stow(films.next())),
            "C-STORE": (node, lambda _: modality.store(*films.next_data_set())),
        }
        document: dict[str, Any] = {
            "benchmark": "load",
            "film_bytes": len(films.file),
            "ways": {name: measured(*way, seconds) for name, way in ways.items()},
            "cores": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 1),
        }
    result = RESULTS / "load.json"
    result.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{json.dumps(document, indent=2)}\n\n{result}")


def measured(pid: int, send: Send, seconds: float) -> dict[str, Any]:
    """Return what a way takes and how it bears it, with the memory of its process in MB."""
    send(0)
    before = resident_mb(pid)
    most = max(capacity(send, CONNECTIONS, seconds), 0.2)
    steady = {
        f"at {share:.0%}": summary(arrive(poisson([(share * most, seconds)]), send))
        for share in (0.5, 0.9)
    }
    calm = (0.5 * most, seconds / 2)
    burst = arrive(poisson([calm, (2 * most, seconds / 2), calm, calm]), send)
    return {
        "capacity_per_s": round(most, 2),
        **steady,
        "burst": summary(burst) | {"back_after_s": recovered_after_s(burst, seconds / 2, seconds)},
        "memory_mb": {
            "before": before,
            "after": resident_mb(pid),
            "highest": resident_mb(pid, "VmHWM"),
        },
    }


class Films:
    """A drawn film under ever new UIDs; safe to share among threads."""

    def __init__(self) -> None:
        self._uid = f"{ROOT}.6.{FIRST}".encode()
        self.file = dicom_films()(self._uid.decode())
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
        self._free: LifoQueue[HTTPConnection] = LifoQueue()

    def score(self, film: bytes) -> str:
        """Return ``accepted`` once a film is graded, or the status that it got instead."""
        return self._post("/v1/score", film, "application/dicom")

    def stow(self, film: bytes) -> str:
        """Return ``accepted`` once a film is kept, or the status that it got instead."""
        body = b"--x\r\nContent-Type: application/dicom\r\n\r\n" + film + b"\r\n--x--\r\n"
        kind = 'multipart/related; type="application/dicom"; boundary=x'
        return self._post("/dicom-web/studies", body, kind)

    def close(self) -> None:
        """End the connections."""
        while not self._free.empty():
            self._free.get().close()

    def _post(self, path: str, body: bytes, kind: str) -> str:
        with self._connection() as connection:
            try:
                connection.request("POST", path, body, {"Content-Type": kind})
                answer = connection.getresponse()
                answer.read()
            except (OSError, HTTPException):
                connection.close()  # the next request opens it anew
                return "connection lost"
        return "accepted" if answer.status == 200 else str(answer.status)

    @contextmanager
    def _connection(self) -> Iterator[HTTPConnection]:
        try:
            connection = self._free.get_nowait()
        except Empty:
            connection = HTTPConnection("127.0.0.1", self._port, timeout=WAIT_S)
        yield connection
        self._free.put(connection)


if __name__ == "__main__":
    main()
