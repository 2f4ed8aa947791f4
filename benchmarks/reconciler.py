"""What the reconciler and the checks cost, beside a film's way through a worker.

All are timed in turn, in milliseconds of the processor that the process took, so that a busy
machine changes little. The shares follow from how often each comes.

    python -m benchmarks.reconciler
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import click
import sqlalchemy as sa

from benchmarks.intake import film_of
from benchmarks.stopwatch import Samples, interleave, spread, table, write_results
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import FolderDestinationConfig
from radiograde.service.database.tables import films
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.films.film_repository import NewFilm
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.load_scorer import load_scorer
from radiograde.service.grading.reconciler import EVERY_S, Reconciler
from radiograde.service.grading.records import open_records
from radiograde.service.grading.slots import BEAT_S, take_slot

FILM = "a film: taken in, graded, delivered"
BEAT, RECONCILE, CHECKS = "the worker says that it lives", "reconciling", "the checks of /readyz"
BEGUN = "of each film: was it begun before?"
EVERY_S_EACH = {BEAT: BEAT_S, RECONCILE: EVERY_S, CHECKS: 10.0}
"""Nobody asks ``/readyz`` by himself: ten seconds are what an orchestrator takes."""

ROOT = "1.2.826.0.1.3680043.10.1541.78"
UNKNOWN = "01JARADMZ0000000000000G0NE"


@click.command()
@click.option("--films", default=5000, show_default=True, help="Films that are done.")
@click.option("--waiting", default=500, show_default=True, help="Films that wait in the queue.")
@click.option("--rounds", default=30, show_default=True)
def main(films: int, waiting: int, rounds: int) -> None:
    """Time them side by side and write benchmarks/results/reconciler.json."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        installation = Installation(stack, folder)
        installation.add_done(films)
        idle = interleave(installation.contenders(), rounds, clock=time.process_time)
        installation.add_waiting(waiting)
        busy = interleave(installation.contenders(), rounds, clock=time.process_time)
    shares = {"idle": percent_of_a_core(idle), f"{waiting} wait": percent_of_a_core(busy)}
    samples = {**idle, **{f"{name} ({waiting} wait)": ms for name, ms in busy.items()}}
    what = {
        "films": films,
        "waiting": waiting,
        "unit": "milliseconds of the processor",
        "every_s": EVERY_S_EACH,
        "percent_of_a_core": shares,
        "percent_of_throughput": round(percent_of_throughput(busy), 3),
    }
    path = write_results("reconciler", what, samples, FILM)
    click.echo(f"{table(samples, FILM)}\n")
    click.echo(f"percent of a core: {shares}, of throughput: {what['percent_of_throughput']}")
    click.echo(path)


class Installation:
    """One on SQLite with a folder as destination, and the bundled model."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        share = folder / "share"
        share.mkdir()
        target = FolderDestinationConfig(
            type="folder", name="share", path=share, send=("sr",), sources=("dicom",)
        )
        self._settings = Settings(data_dir=folder / "data", destination=(target,))
        records = stack.enter_context(closing(open_records(self._settings)))
        slot = take_slot(records.database, threading.Event())
        if slot is None:
            raise click.ClickException("Another worker has the place.")
        self._records, self._slot, breakers = records, slot, Breakers()
        self._grader = FilmGrader(records, load_scorer(self._settings), self._settings.limits)
        self._deliverer = Deliverer(
            records.deliveries,
            records.document_store,
            {"share": (target, open_destination(target))},
            RetryPolicy(timedelta(hours=1)),
            breakers,
        )
        self._reconciler = Reconciler(
            records.database,
            records.queue,
            records.films,
            records.deliveries,
            records.priors,
            breakers,
        )
        self._film = film_of(1000)
        self._numbers = count()

    def contenders(self) -> Mapping[str, Callable[[], object]]:
        """Return what is timed, by name."""
        return {
            FILM: self._one_film,
            BEAT: self._slot.beat,
            RECONCILE: self._reconciler.reconcile,
            CHECKS: lambda: standing_faults(self._records, self._settings),
            BEGUN: self._was_begun,
        }

    def add_done(self, number: int) -> None:
        """Add films that were graded and let go long ago."""
        now = datetime.now(UTC)
        row = {"received": now, "source": "dicom", "size": 1, "state": "graded", "kept": False}
        rows = [row | {"id": f"{n:026}", "key": f"sop:{n}"} for n in range(number)]
        with self._records.database.write() as connection:
            connection.execute(sa.insert(films), rows)

    def add_waiting(self, number: int) -> None:
        """Add films that wait, with their work in the queue."""
        for n in range(number):
            self._records.films.accept(NewFilm(f"{n:025}W", f"sop:w{n}", "dicom", 1))

    def _was_begun(self) -> None:
        self._grader.was_begun(UNKNOWN)
        self._deliverer.was_begun(UNKNOWN, "share")

    def _one_film(self) -> None:
        content = self._film(f"{ROOT}.{next(self._numbers)}")
        film_id = self._records.intake.accept(content, "dicom").film_id
        self._grader.grade_waiting(film_id)
        self._deliverer.deliver(film_id, "share")


def percent_of_a_core(samples: Samples) -> dict[str, float]:
    """Return what each but the film takes of one core, by its median, and all of them."""
    percent = {
        name: spread(samples[name]).median / (every_s * 10)
        for name, every_s in EVERY_S_EACH.items()
    }
    percent["together"] = sum(percent.values())
    return {name: round(value, 3) for name, value in percent.items()}


def percent_of_throughput(samples: Samples) -> float:
    """Return what a worker with one core loses: by what comes at times, and with each film."""
    with_each = spread(samples[BEGUN]).median / spread(samples[FILM]).median
    return percent_of_a_core(samples)["together"] + 100 * with_each


if __name__ == "__main__":
    main()
