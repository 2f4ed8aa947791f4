"""What it costs to keep how a result came about, within the film that it is of.

An 8-megapixel film is graded and kept, again and again; what belongs to its trace is timed inside
that, where it happens: the digests of its stages, its JSON and its row.

    python -m benchmarks.trace
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click

from benchmarks.film import dicom_films
from benchmarks.stopwatch import REST_S, ratios, table, write_results
from radiograde.model.limits import Limits
from radiograde.model.scoring.film_trace import FilmTrace
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.films.trace_repository import TraceRepository
from radiograde.service.grading import grade_film
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import open_records

FILM, TRACE = "a film, graded and kept", "its trace"
FILM_WORK, TRACE_WORK = f"{FILM}: processor", f"{TRACE}: processor"
WARM_UP = 3
OF_A_TRACE: tuple[tuple[Any, str], ...] = (
    (FilmTrace, "begin"),
    (FilmTrace, "prepared"),
    (FilmTrace, "graded"),
    (grade_film, "trace_of"),
    (TraceRepository, "add"),
)
"""The functions that do nothing else."""


class Meter:
    """Adds up the time that functions take while they are called by others.

    ``seconds``: by the clock, of the thread that grades; what is done beside it while the network
    runs makes no film wait. ``work``: of the processor, beside too, which other programs do not
    lengthen.
    """

    def __init__(self) -> None:
        self.seconds = self.work = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time added up."""

        def call(*arguments: Any, **named: Any) -> Any:
            started, worked = time.perf_counter(), time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                if threading.current_thread() is threading.main_thread():
                    self.seconds += time.perf_counter() - started
                self.work += time.thread_time() - worked

        return call


@click.command()
@click.option("--rounds", default=30, show_default=True)
def main(rounds: int) -> None:
    """Time both and write benchmarks/results/trace.json."""
    content, meter = dicom_films()("1.2.3"), Meter()
    samples: dict[str, list[float]] = {FILM: [], TRACE: [], FILM_WORK: [], TRACE_WORK: []}
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_records(Settings(data_dir=Path(folder)))) as records,
    ):
        grader = FilmGrader(records, Scorer(), Limits())
        size = len(json.dumps(records.traces.get(str(grader.answer(content).id))))
        for owner, name in OF_A_TRACE:
            static = name == "begin"
            timed = meter.timed(getattr(owner, name))
            patch.object(owner, name, staticmethod(timed) if static else timed).start()
        for number in range(-WARM_UP, rounds):
            time.sleep(REST_S)
            meter.seconds = meter.work = 0.0
            started, worked = time.perf_counter(), time.process_time()
            grader.answer(content, again=True)
            elapsed, work = time.perf_counter() - started, time.process_time() - worked
            if number >= 0:
                found = (elapsed, meter.seconds, work, meter.work)
                for name, seconds in zip(samples, found, strict=True):
                    samples[name].append(1000 * seconds)
        patch.stopall()
    share = 100 * ratios(samples, FILM)[TRACE].median
    work = 100 * ratios(samples, FILM_WORK)[TRACE_WORK].median
    what = {
        "bytes_of_trace": size,
        "share_of_film_percent": round(share, 2),
        "share_of_work_percent": round(work, 2),
    }
    path = write_results("trace", what, samples, FILM)
    click.echo(table(samples, FILM))
    click.echo(f"{size} bytes, {share:.2f} % of a film's time, {work:.2f} % of its work: {path}")


if __name__ == "__main__":
    main()
