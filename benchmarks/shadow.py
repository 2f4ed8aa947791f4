"""What a model in shadow costs production: films a second with and without, in turn, in one run.

Films are sent over HTTP, each after the answer to the one before, to a ``serve`` beside which a
worker runs. In every other span a candidate grades each of them in shadow, which is more than a
site would have it do.

    python -m benchmarks.shadow
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import click
import sqlalchemy as sa

from benchmarks.arrivals import capacity
from benchmarks.intake import radiograde
from benchmarks.promotion import BY, another_file, site
from benchmarks.senders import Films, Web
from benchmarks.stopwatch import RESULTS
from radiograde.model.cores import available_cores
from radiograde.model.scoring.scorer import BUNDLED
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import open_database
from radiograde.service.database.monitor_tables import shadow_gradings

CONNECTIONS = 4


@click.command()
@click.option("--seconds", default=20.0, show_default=True, help="Of each span.")
@click.option("--rounds", default=5, show_default=True, help="Spans with and without, of each.")
@click.option("--side", default=1024, show_default=True, help="Rows and columns of a film.")
def main(seconds: float, rounds: int, side: int) -> None:
    """Measure, and write benchmarks/results/shadow.json."""
    load_before = os.getloadavg()[0]
    films = Films(side, side)
    spans: dict[str, list[float]] = {"without": [], "with": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        data = folder / "data"
        _, port = stack.enter_context(radiograde(data, "serve"))
        stack.enter_context(worker(data))
        release = stack.enter_context(site(data))
        web = stack.enter_context(closing(Web(port)))
        candidate = release.add(another_file(BUNDLED, folder), BY).sha256

        def rate() -> float:
            return capacity(lambda _: web.score(films.next()), CONNECTIONS, seconds)

        rate()
        for _ in range(rounds):
            for name, share in (("without", 0.0), ("with", 1.0)):
                release.shadow(candidate, BY, share)
                spans[name].append(rate())
                click.echo(f"{name}: {spans[name][-1]:.2f} films a second", err=True)
        with closing(open_database(Settings(data_dir=data))) as database:
            wanted = shadow_gradings.c.model == candidate
            graded = len(database.values(sa.select(shadow_gradings.c.film_id).where(wanted), str))
    document = {
        "benchmark": "shadow",
        "films_per_s": {name: [round(one, 2) for one in rates] for name, rates in spans.items()},
        "with_over_without": round(sum(spans["with"]) / sum(spans["without"]), 4),
        "graded_in_shadow": graded,
        "seconds_a_span": seconds,
        "cores": available_cores(),
        "load": [round(load_before, 1), round(os.getloadavg()[0], 1)],
    }
    text = json.dumps(document, indent=2)
    (RESULTS / "shadow.json").write_text(text + "\n", encoding="utf-8")
    click.echo(text)


@contextmanager
def worker(data: Path) -> Iterator[None]:
    """Run a worker within the ``with`` block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "radiograde", "work", "--data-dir", str(data)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
