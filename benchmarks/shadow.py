"""What a model in shadow costs production: films a second with and without, in turn, in one run.

Films are sent over HTTP, each after the answer to the one before, to a ``serve`` beside which a
worker runs. In every other span a candidate grades each of them in shadow, which is more than a
site would have it do. Counted beside films a second, which other work on the machine moves, is the
processor's time a film of all processes but the candidate's own, which takes what is left over.

    python -m benchmarks.shadow
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import sqlalchemy as sa

from benchmarks.arrivals import capacity
from benchmarks.intake import processor_seconds, radiograde
from benchmarks.memory import processes_below
from benchmarks.promotion import BY, another_file, site
from benchmarks.senders import Films, Web
from benchmarks.stopwatch import RESULTS
from radiograde.model.cores import available_cores
from radiograde.model.scoring.scorer import BUNDLED
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import open_database
from radiograde.service.database.monitor_tables import shadow_gradings

CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Span:
    """What came of some seconds: films a second, and the processor's milliseconds of each."""

    films_per_s: float
    processor_ms_a_film: float


@click.command()
@click.option("--seconds", default=20.0, show_default=True, help="Of each span.")
@click.option("--rounds", default=5, show_default=True, help="Spans with and without, of each.")
@click.option("--side", default=1024, show_default=True, help="Rows and columns of a film.")
def main(seconds: float, rounds: int, side: int) -> None:
    """Measure, and write benchmarks/results/shadow.json."""
    load_before = os.getloadavg()[0]
    films = Films(side, side)
    spans: dict[str, list[Span]] = {"without": [], "with": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data = folder / "data"
        server, port = stack.enter_context(radiograde(data, "serve"))
        processes = (server, stack.enter_context(worker(data)))
        release = stack.enter_context(site(data))
        web = stack.enter_context(closing(Web(port)))
        candidate = release.add(another_file(BUNDLED, folder), BY).sha256

        def span() -> Span:
            answers: list[str] = []

            def send(_: int) -> str:
                answer = web.score(films.next())
                answers.append(answer)
                return answer

            before = _taken_s(processes)
            rate = capacity(send, CONNECTIONS, seconds)
            taken = _taken_s(processes) - before
            graded = max(answers.count("accepted"), 1)
            return Span(round(rate, 2), round(1000 * taken / graded, 1))

        span()
        for _ in range(rounds):
            for name, share in (("without", 0.0), ("with", 1.0)):
                release.shadow(candidate, BY, share)
                spans[name].append(span())
                click.echo(f"{name}: {spans[name][-1]}", err=True)
        with closing(open_database(Settings(data_dir=data))) as database:
            wanted = shadow_gradings.c.model == candidate
            graded = len(database.values(sa.select(shadow_gradings.c.film_id).where(wanted), str))
    document = {
        "benchmark": "shadow",
        "spans": {name: [asdict(one) for one in found] for name, found in spans.items()},
        "films_per_s_with_over_without": _ratio(spans, "films_per_s"),
        "processor_ms_a_film_with_over_without": _ratio(spans, "processor_ms_a_film"),
        "graded_in_shadow": graded,
        "seconds_a_span": seconds,
        "cores": available_cores(),
        "load": [round(load_before, 1), round(os.getloadavg()[0], 1)],
    }
    text = json.dumps(document, indent=2)
    (RESULTS / "shadow.json").write_text(text + "\n", encoding="utf-8")
    click.echo(text)


def _taken_s(pids: Iterable[int]) -> float:
    """Return the processor's seconds of processes and those below but what takes idle time alone.

    Whose scheduling policy is idle takes no other (sched(7)).
    """
    taken = 0.0
    for pid in pids:
        for one in (pid, *processes_below(pid)):
            with suppress(OSError):
                if os.sched_getscheduler(one) != os.SCHED_IDLE:
                    taken += processor_seconds(one)
    return taken


def _ratio(spans: Mapping[str, Sequence[Span]], figure: str) -> float:
    sums: dict[str, float] = {
        name: sum(getattr(one, figure) for one in found) for name, found in spans.items()
    }
    return round(sums["with"] / sums["without"], 4)


@contextmanager
def worker(data: Path) -> Iterator[int]:
    """Run a worker within the ``with`` block; gives its process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "radiograde", "work", "--data-dir", str(data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
