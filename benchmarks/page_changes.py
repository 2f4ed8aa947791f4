"""What one new film costs the service while twenty pages look on.

Each page lists the last films and has one of them open. Formerly any change made it ask for the
whole list and for everything about the open film; now it asks for the row that changed. Both ways
are measured in turn, as CPU time of the service's process for all pages together.

    python -m benchmarks.page_changes
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import click

from benchmarks.stopwatch import Samples, spread, table, write_results
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import open_records
from tests.service.processes import running, waited
from tests.service.worklist.stock import Stock

PAGES = 20
FILMS = 200
FORMER = "the whole list and the open film"
NOW = "the row that changed"
START_S = 300.0


def former_requests(_: str, opened: str) -> list[str]:
    """Return what each page asked for after a change, whichever film changed."""
    film = f"/v1/worklist/{opened}"
    result = f"/v1/results/{opened}"
    listed = "/v1/worklist?order=newest&limit=50"
    return [listed, film, result, f"{result}/history", f"/v1/jobs/{opened}"]


def present_requests(changed: str, _: str) -> list[str]:
    """Return what each page asks for when a film changes that it does not have open."""
    return [f"/v1/worklist?order=newest&limit=200&id={changed}"]


CONTENDERS: Mapping[str, Callable[[str, str], list[str]]] = {
    FORMER: former_requests,
    NOW: present_requests,
}


@click.command()
@click.option("--rounds", default=20, show_default=True, help="New films, beyond two to warm up.")
def main(rounds: int) -> None:
    """Measure both ways and write benchmarks/results/page_changes.json."""
    with tempfile.TemporaryDirectory() as name:
        samples = _measure(Path(name), rounds)
    what = {"measured": "CPU time of the service", "pages": PAGES, "films": FILMS}
    path = write_results("page_changes", what, samples, FORMER)
    click.echo(f"{table(samples, FORMER)}\n")
    for name, times in samples.items():
        click.echo(f"{name}, a film a second: {spread(times).median / 10:.0f} % of a core")
    click.echo(f"\n{path}")


def _measure(folder: Path, rounds: int) -> Samples:
    samples: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with (
        closing(open_records(Settings(data_dir=folder / "data"))) as records,
        serving(folder) as (process_id, address),
        closing(HTTPConnection(address)) as connection,
    ):
        stock = Stock(records)
        opened = [stock.scored() for _ in range(FILMS)][-PAGES:]
        for number in range(-2, rounds):
            changed = stock.scored()
            for name, requests in CONTENDERS.items():
                started = cpu_ms(process_id)
                for film in opened:
                    _ask(connection, requests(changed, film))
                if number >= 0:
                    samples[name].append(cpu_ms(process_id) - started)
    return samples


def _ask(connection: HTTPConnection, paths: list[str]) -> None:
    for path in paths:
        connection.request("GET", path)
        with connection.getresponse() as answer:
            if answer.status != 200:
                raise click.ClickException(f"{path} is answered {answer.status}.")
            answer.read()


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, str]]:
    """Run a service without a worker; give its process id and its address, host and port."""
    log = folder / "serve.log"
    command = ("serve", "--port", "0", "--data-dir", str(folder / "data"), "--no-worker")
    with running(*command, log=log) as process:
        found: list[str] = []

        def is_listening() -> bool:
            found[:] = re.findall(r"Radiograde at (\S+),", log.read_text())
            return bool(found)

        if not waited(is_listening, START_S):
            raise click.ClickException(f"the service did not start: {log.read_text()[-2000:]}")
        yield process.running.pid, urlsplit(found[0]).netloc


def cpu_ms(process_id: int) -> float:
    """Return the CPU time of a process with all its threads (clock_getcpuclockid of Linux)."""
    return 1000 * time.clock_gettime((~process_id << 3) | 2)


if __name__ == "__main__":
    main()
