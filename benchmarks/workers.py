"""Two workers beside one on PostgreSQL, each held to a core of its own: films a minute, in turn.

Films are taken in first; then as many workers as a round has are started and grade them. Of a
round the last part counts, by when results were recorded: by then every worker has its model.

    python -m benchmarks.workers
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path

import click
import sqlalchemy as sa
from pydantic import SecretStr

from benchmarks.disk import under_new_uids
from benchmarks.film import SYNTAXES, film
from benchmarks.stopwatch import write_results
from deploy.department.servers import start_postgres
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import results
from radiograde.service.grading.records import Records, open_records

ONE, TWO = "one worker", "two workers"
WARMING = 0.4
"""Part of a round's films that does not count."""

LONGEST_S = 600.0


@click.command()
@click.option("--films", default=60, show_default=True, help="Of each round.")
@click.option("--rounds", type=click.IntRange(min=2), default=3, show_default=True)
def main(films: int, rounds: int) -> None:
    """Measure one and two workers in turn, and write benchmarks/results/workers.json."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise click.ClickException("Two workers with a core each need two cores.")
    samples: dict[str, list[float]] = {ONE: [], TWO: []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)
        postgres, url = start_postgres(folder / "postgres")
        stack.callback(postgres.end)
        settings = Settings(data_dir=folder / "data", database_url=SecretStr(url))
        records = stack.enter_context(closing(open_records(settings)))
        unseen = under_new_uids(a_film())
        for _ in range(rounds):
            for name, count in ((ONE, 1), (TWO, 2)):
                for content in islice(unseen, films):
                    records.intake.accept(content, "dicom")
                with workers(settings, cores[:count]):
                    samples[name].append(graded_ms(records, films))
    times = statistics.median(samples[ONE]) / statistics.median(samples[TWO])
    what = {"films": films, "unit": "milliseconds a film", "times": round(times, 2)}
    path = write_results("workers", what, samples, ONE)
    for name, measured in samples.items():
        click.echo(f"{name}: {60000 / statistics.median(measured):.0f} films a minute")
    click.echo(f"{times:.2f} times\n{path}")


def a_film() -> bytes:
    """Return a drawn film as most devices send it, without compression."""
    syntax, _ = SYNTAXES["uncompressed"]
    file = io.BytesIO()
    to_dicom(film(), Storage(transfer_syntax=syntax)).save_as(file, enforce_file_format=True)
    return file.getvalue()


@contextmanager
def workers(settings: Settings, cores: list[int]) -> Iterator[None]:
    """Run a worker on each core, which grades one film at a time on one thread."""
    environment = {**os.environ, **settings.environment(), "RADIOGRADE_WORKERS": "1"}
    command = [sys.executable, "-m", "radiograde", "work"]
    started = [
        subprocess.Popen(
            ["taskset", "--cpu-list", str(core), *command],
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        for core in cores
    ]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


def graded_ms(records: Records, films: int) -> float:
    """Return the time of a film, of those that count, once all are graded."""
    until = time.monotonic() + LONGEST_S
    while records.jobs.counts()["waiting"]:
        if time.monotonic() > until:
            raise click.ClickException("The workers do not get done.")
        time.sleep(0.5)
    newest = sa.select(results.c.recorded).order_by(results.c.recorded.desc())
    with records.database.reading() as connection:
        recorded = list(connection.scalars(newest.limit(round(films * (1 - WARMING)))))
    taken: timedelta = recorded[0] - recorded[-1]
    return 1000 * taken.total_seconds() / (len(recorded) - 1)


if __name__ == "__main__":
    main()
