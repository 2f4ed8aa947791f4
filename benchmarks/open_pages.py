"""What twenty open pages cost a service into which a film comes every second.

Each page follows ``/v1/events`` and asks for the rows of films that changed, a quarter of a second
after it heard of the first, as the page in the browser does. A film comes in, is graded and is
delivered, each at a time of its own. Measured is the processor's time of the service.

    python -m benchmarks.open_pages
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import threading
import time
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click
import sqlalchemy as sa

from benchmarks.page_changes import cpu_ms, serving
from benchmarks.stopwatch import RESULTS, spread
from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import deliveries
from radiograde.service.grading.records import Records, open_records
from tests.service.fakes import scored
from tests.service.processes import waited
from tests.service.worklist.stock import BEGAN, Stock

PAGES = 20
FILMS = 200
SETTLE_S = 0.25
SEEN_WITHIN_S = 60.0
GRADED_AFTER_S, DELIVERED_AFTER_S, EVERY_S = 0.4, 0.7, 1.0


class OpenPage(threading.Thread):
    """A page that follows what changes."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._events = HTTPConnection(address)
        self._rows = HTTPConnection(address)
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self.requests = 0
        self.seen: set[str] = set()

    def run(self) -> None:
        """Follow the events until the connection ends."""
        self._events.request("GET", "/v1/events", headers={"Accept": "text/event-stream"})
        with suppress(OSError, HTTPException), self._events.getresponse() as stream:
            while line := stream.readline():
                if line.startswith(b"data:"):
                    self._hear(json.loads(line[5:])["id"])

    def _hear(self, film_id: str) -> None:
        with self._lock:
            is_first = not self._changed
            self._changed.add(film_id)
        if is_first:
            threading.Timer(SETTLE_S, self._ask).start()

    def _ask(self) -> None:
        with self._lock:
            changed, self._changed = sorted(self._changed), set()
        ids = "&".join(f"id={id}" for id in changed)
        with self._asking:
            self._rows.request("GET", f"/v1/worklist?order=newest&limit=200&{ids}")
            with self._rows.getresponse() as answer:
                shown = json.load(answer)["films"]
        self.requests += 1
        self.seen |= {film["id"] for film in shown}


@click.command()
@click.option("--seconds", default=30, show_default=True)
def main(seconds: int) -> None:
    """Measure and write benchmarks/results/open_pages.json."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            closing(open_records(Settings(data_dir=folder / "data"))) as records,
            serving(folder) as (process_id, address),
        ):
            stock = Stock(records)
            for _ in range(FILMS):
                stock.scored()
            pages = [OpenPage(address) for _ in range(PAGES)]
            for page in pages:
                page.start()
            time.sleep(2 * EVERY_S)
            requests = -sum(page.requests for page in pages)
            shares, films = _films_come(records, stock, process_id, seconds)
            if not waited(lambda: all(set(films) <= page.seen for page in pages), SEEN_WITHIN_S):
                raise click.ClickException("A film was not seen by a page.")
            requests += sum(page.requests for page in pages)
    percent = spread(shares)
    document = {
        "benchmark": "open_pages",
        "pages": PAGES,
        "films_a_second": 1 / EVERY_S,
        "seconds": seconds,
        "requests_a_film_and_page": round(requests / seconds / PAGES, 2),
        "percent_of_a_core": dataclasses.asdict(percent),
        "load": round(os.getloadavg()[0], 1),
    }
    path = RESULTS / "open_pages.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{percent} % of a core, {document['requests_a_film_and_page']} requests\n{path}")


def _films_come(
    records: Records, stock: Stock, process_id: int, seconds: int
) -> tuple[list[float], list[str]]:
    """Return what the service took each second, in percent of a core, and the films."""
    shares: list[float] = []
    films: list[str] = []
    began = time.monotonic()
    for number in range(seconds):
        spent, since = cpu_ms(process_id), time.monotonic()
        films.append(stock.film())
        _wait(began + number * EVERY_S + GRADED_AFTER_S)
        _grade(records, films[-1])
        _wait(began + number * EVERY_S + DELIVERED_AFTER_S)
        with records.database.write() as connection:
            done = sa.update(deliveries).where(deliveries.c.film_id == films[-1])
            connection.execute(done.values(state="delivered", updated=sa.func.now()))
        _wait(began + (number + 1) * EVERY_S)
        shares.append((cpu_ms(process_id) - spent) / 10 / (time.monotonic() - since))
    return shares, films


def _wait(until: float) -> None:
    time.sleep(max(0.0, until - time.monotonic()))


def _grade(records: Records, film_id: str) -> None:
    with records.database.write() as connection:
        records.films.graded(connection, film_id)
        records.results.add(connection, dataclasses.replace(scored(), id=film_id), BEGAN)
        records.deliveries.plan(connection, film_id, ["pacs"])


if __name__ == "__main__":
    main()
