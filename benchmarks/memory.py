"""How soon the service answers, and its memory: idle, and while thousands of films come.

The same small films come to a service, which grades each before it answers, and to a node, which
keeps each and has no worker beside it. Counted is what all processes of each have in memory, every
so many films. It is flat where the last quarter of the films adds nothing to the second quarter.

    python -m benchmarks.memory
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import click

from benchmarks.intake import radiograde, resident_mb
from benchmarks.modality import Modality
from benchmarks.senders import Films, Web
from benchmarks.stopwatch import RESULTS
from radiograde.model.cores import available_cores

ROWS, COLUMNS = 640, 512
CONNECTIONS = 4
AT_MOST_MB, AIM_MB = 350, 250
READY_AT_MOST_S, READY_AIM_S = 2.0, 1.5


@dataclass(frozen=True, slots=True)
class Growth:
    """Memory in MB as films came: ``points`` has it every ``every`` films."""

    idle: float
    every: int
    points: Sequence[float]

    @property
    def grown(self) -> float:
        """How much more it was over the last quarter of the films than over the second one."""
        quarter = max(len(self.points) // 4, 1)
        second = self.points[quarter : 2 * quarter] or self.points
        return statistics.median(self.points[-quarter:]) - statistics.median(second)

    def to_json(self) -> dict[str, Any]:
        """Return what is reported."""
        return {
            "idle_mb": self.idle,
            "highest_mb": max(self.points),
            "grown_mb": round(self.grown, 1),
            f"mb_every_{self.every}_films": list(self.points),
        }


@click.command()
@click.option("--films", default=10_000, show_default=True, help="To each.")
@click.option("--every", default=500, show_default=True)
@click.option("--starts", default=5, show_default=True)
def main(films: int, every: int, starts: int) -> None:
    """Measure and write benchmarks/results/memory.json."""
    load_before = os.getloadavg()[0]
    drawn = Films(ROWS, COLUMNS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        started = [ready_after_s(folder / "starts") for _ in range(starts)]
        click.echo(f"ready after {started} s", err=True)
        node, dicom = stack.enter_context(radiograde(folder / "node", "listen"))
        modality = stack.enter_context(closing(Modality(dicom)))
        kept = grow(node, lambda: modality.store(*drawn.next_data_set()), films, every)
        server, http = stack.enter_context(radiograde(folder / "served", "serve"))
        web = stack.enter_context(closing(Web(http)))
        graded = grow(server, lambda: web.score(drawn.next()), films, every)
    document = {
        "benchmark": "memory",
        "films": films,
        "film_bytes": len(drawn.file),
        "connections": CONNECTIONS,
        "ready_after_s": started,
        "ready_at_most_s": READY_AT_MOST_S,
        "ready_aim_s": READY_AIM_S,
        "at_most_mb": AT_MOST_MB,
        "aim_mb": AIM_MB,
        "serve": graded.to_json(),
        "node": kept.to_json(),
        "cores": available_cores(),
        "load": [round(load_before, 1), round(os.getloadavg()[0], 1)],
    }
    path = RESULTS / "memory.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(f"{json.dumps(document, indent=2)}\n\n{path}")


def ready_after_s(data: Path) -> float:
    """Return how long after its start a service is ready."""
    began = time.perf_counter()
    with radiograde(data, "serve"):
        return round(time.perf_counter() - began, 2)


def grow(pid: int, send: Callable[[], str], films: int, every: int) -> Growth:
    """Send films over a few connections and return the memory of a process and its children.

    Raises:
        click.ClickException: a film is not accepted.
    """
    idle = resident_tree_mb(pid)
    points = []
    with ThreadPoolExecutor(CONNECTIONS) as executor:
        for _ in range(films // every):
            answers = set(executor.map(lambda _: send(), repeat(None, every)))
            if answers != {"accepted"}:
                raise click.ClickException(f"A film was answered {answers}.")
            points.append(resident_tree_mb(pid))
            click.echo(f"{len(points) * every} films: {points[-1]} MB", err=True)
    return Growth(idle, every, points)


def resident_tree_mb(pid: int) -> float:
    """Return what a process and all below it have in memory (VmRSS), in MB."""
    total = 0.0
    for one in (pid, *processes_below(pid)):
        with suppress(OSError):
            total += resident_mb(one)
    return round(total, 1)


def processes_below(pid: int) -> Iterator[int]:
    """Yield the ids of all processes below one."""
    with suppress(OSError):
        for listed in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in listed.read_text().split():
                yield int(child)
                yield from processes_below(int(child))


if __name__ == "__main__":
    main()
