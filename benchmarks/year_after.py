"""What lists cost after a year of three million films, beside one of three thousand.

Two installations are drawn, each with films of a whole year; a service runs on each, and every
request is asked of both in turn. Work that no request waits for (what is past its time, what has
changed) is asked of the records themselves.

    python -m benchmarks.year_after
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import click

from benchmarks.drawn_year import LETTERS, fill
from benchmarks.page_changes import serving
from benchmarks.stopwatch import RESULTS
from radiograde.service.config.settings import Settings
from radiograde.service.grading.records import Records, open_records
from radiograde.service.worklist.change_log import ChangeLog

PERCENTILE = 95
AT_LEAST, AIM = 3.0, 1.5
"""Times the p95 of the small installation."""

KEEP = timedelta(days=30)
ROOM = 4000
"""Bytes that must be free for each film: the database takes 1700, the rest is for making it."""


def requests(films: int, today: date) -> Mapping[str, str]:
    """Return the path of each request by name, for an installation of so many films."""

    def day(ago: int) -> str:
        return str(today - timedelta(days=ago))

    worklist = "/v1/worklist?limit=50&order="
    middle = f"01J{films // 2:023}"
    patient = f"{LETTERS[films // 6 % 32]}{LETTERS[films // 192 % 32]}"
    patient += f"{LETTERS[films // 6144 % 32]}{LETTERS[films // 196608 % 32]}"
    return {
        "newest": f"{worklist}newest",
        "newest, a page in the middle": f"{worklist}newest&after={middle}",
        "until half a year ago": f"{worklist}newest&until={day(180)}",
        "60 days": f"{worklist}newest&since={day(160)}&until={day(100)}",
        "a week long ago": f"{worklist}newest&since={day(106)}&until={day(100)}",
        "the last week": f"{worklist}newest&since={day(6)}",
        "severest": f"{worklist}severest",
        "severest of a week": f"{worklist}severest&since={day(6)}",
        "severest until half a year ago": f"{worklist}severest&until={day(180)}",
        "acquired": f"{worklist}acquired",
        "acquired until half a year ago": f"{worklist}acquired&until={day(180)}",
        "severe": f"{worklist}newest&severity=severe",
        "severe until half a year ago": f"{worklist}newest&severity=severe&until={day(180)}",
        "severe, a week long ago": f"{worklist}newest&severity=severe&since={day(106)}"
        f"&until={day(100)}",
        "rejected": f"{worklist}newest&status=rejected",
        "rejected until half a year ago": f"{worklist}newest&status=rejected&until={day(180)}",
        "rejected, by severity": f"{worklist}severest&status=rejected",
        "failed": f"{worklist}newest&status=failed",
        "failed until half a year ago": f"{worklist}newest&status=failed&until={day(180)}",
        "not reviewed": f"{worklist}newest&reviewed=no",
        "not reviewed until half a year ago": f"{worklist}newest&reviewed=no&until={day(180)}",
        "reviewed": f"{worklist}newest&reviewed=yes",
        "reviewed until half a year ago": f"{worklist}newest&reviewed=yes&until={day(180)}",
        "reviewed, severest": f"{worklist}severest&reviewed=yes",
        "a patient": f"{worklist}newest&search={patient}",
        "a film that changed": f"{worklist}newest&id={middle}",
        "a film that changed, among 60 days": f"{worklist}newest&id={middle}&since={day(200)}"
        f"&until={day(140)}",
        "history": f"/v1/results/{middle}/history",
        "results": "/v1/results?limit=50",
        "jobs and counts": "/v1/jobs?limit=50",
        "jobs in the middle": f"/v1/jobs?limit=50&before={middle}",
        "failed jobs": "/v1/jobs?limit=50&state=failed",
        "parked jobs": "/v1/jobs?limit=50&state=parked",
    }


@dataclass(frozen=True, slots=True)
class Installation:
    """One that was drawn and is served."""

    films: int
    records: Records
    address: str

    def contenders(self, today: date) -> Mapping[str, Callable[[], object]]:
        """Return what is timed, by name."""
        connection = HTTPConnection(self.address)
        changes = ChangeLog(self.records.database)

        def ask(path: str) -> Callable[[], object]:
            return lambda: _ask(connection, path)

        asked = {name: ask(path) for name, path in requests(self.films, today).items()}
        return asked | {
            "what changed, for events": changes.poll,
            "films past their time": lambda: self.records.films.expired(KEEP, 50),
        }


@click.command()
@click.option("--rows", default=3_000_000, show_default=True, help="Films of the large one.")
@click.option("--small", default=3000, show_default=True, help="Films of the small one.")
@click.option("--rounds", default=40, show_default=True)
def main(rows: int, small: int, rounds: int) -> None:
    """Time both side by side and write benchmarks/results/year_after.json."""
    end = datetime.now(UTC)
    load_before = os.getloadavg()[0]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if shutil.disk_usage(folder).free < ROOM * rows:
            raise click.ClickException(f"{folder.parent} has no {ROOM * rows / 1e9:.0f} GB free.")
        filled: dict[int, float] = {}
        installations = []
        for films in (small, rows):
            began = time.perf_counter()
            settings = Settings(data_dir=folder / str(films) / "data")
            fill(settings, films, end)
            filled[films] = round(time.perf_counter() - began, 1)
            records = stack.enter_context(closing(open_records(settings)))
            _, address = stack.enter_context(serving(folder / str(films)))
            installations.append(Installation(films, records, address))
        measured = measure(installations, end.date(), rounds)
    document = {
        "benchmark": "year_after",
        "films": [small, rows],
        "database": "SQLite",
        "rounds": rounds,
        "percentile": PERCENTILE,
        "seconds_to_fill": filled,
        "load": [round(load_before, 1), round(os.getloadavg()[0], 1)],
        "at_least": AT_LEAST,
        "aim": AIM,
        "milliseconds": measured,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "year_after.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    for name, found in measured.items():
        click.echo(f"| {name} | {found[str(small)]} | {found[str(rows)]} | {found['times']} |")
    click.echo(f"\n{path}")


def measure(
    installations: list[Installation], today: date, rounds: int, warm_up: int = 3
) -> dict[str, dict[str, Any]]:
    """Return p95 in milliseconds by what was asked and by films, and how many times the first."""
    contenders = [one.contenders(today) for one in installations]
    measured: dict[str, dict[str, Any]] = {}
    for name in contenders[0]:
        samples: list[list[float]] = [[] for _ in installations]
        for number in range(-warm_up, rounds):
            for found, asked in zip(samples, contenders, strict=True):
                began = time.perf_counter()
                asked[name]()
                if number >= 0:
                    found.append(1000 * (time.perf_counter() - began))
        high = [statistics.quantiles(found, n=100)[PERCENTILE - 1] for found in samples]
        middle = [statistics.median(found) for found in samples]
        measured[name] = {
            **{str(one.films): round(ms, 2) for one, ms in zip(installations, high, strict=True)},
            "times": round(high[-1] / high[0], 2),
            "times_by_medians": round(middle[-1] / middle[0], 2),
        }
    return measured


def _ask(connection: HTTPConnection, path: str) -> None:
    connection.request("GET", path)
    with connection.getresponse() as answer:
        content = answer.read()
        if answer.status != 200:
            raise click.ClickException(f"{path} is answered {answer.status}: {content[:300]!r}")


if __name__ == "__main__":
    main()
