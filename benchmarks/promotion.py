"""Promoting a model and going back while films come in: failed requests, models, latency.

Films arrive evenly over HTTP at a running ``serve``, first while one model grades, then while
another is promoted and taken back in turn. The other is the same network in another file, so that
only the change counts. The latency is held against the usual one of the same run.

    python -m benchmarks.promotion
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import click
import onnx
from onnx import helper

from benchmarks.arrivals import Arrival, arrive, summary
from benchmarks.intake import radiograde
from benchmarks.senders import Films, Web
from benchmarks.stopwatch import RESULTS
from radiograde.model.cores import available_cores
from radiograde.model.scoring.metadata import KEY
from radiograde.model.scoring.scorer import BUNDLED
from radiograde.service.config.settings import Settings
from radiograde.service.database.engine import open_database
from radiograde.service.grading.site_models import model_release
from radiograde.service.programme.release import ModelRelease

BY = "benchmark"


@click.command()
@click.option("--rate", default=10.0, show_default=True, help="Films a second.")
@click.option("--seconds", default=60.0, show_default=True, help="Of each of the two spans.")
@click.option("--every", default=6.0, show_default=True, help="Seconds between two changes.")
@click.option("--side", default=1024, show_default=True, help="Rows and columns of a film.")
@click.option("--model", type=click.Path(path_type=Path), default=BUNDLED, help="ONNX file.")
def main(rate: float, seconds: float, every: float, side: int, model: Path) -> None:
    """Measure, and write benchmarks/results/promotion.json."""
    load_before = os.getloadavg()[0]
    films = Films(side, side)
    times = [number / rate for number in range(int(rate * seconds))]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        other = another_file(model, folder)
        os.environ["RADIOGRADE_MODEL_PATH"] = str(model)
        _, port = stack.enter_context(radiograde(folder / "data", "serve"))
        release = stack.enter_context(site(folder / "data"))
        added = accepted(release, other)
        web = stack.enter_context(closing(Answers(port)))
        for _ in range(5):
            web.score(films.next())
        web.models.clear()
        usual = arrive(times, lambda _: web.score(films.next()))
        with changing(release, added, every) as changes:
            changed = arrive(times, lambda _: web.score(films.next()))
    document = {
        "benchmark": "promotion",
        "films_a_second": rate,
        "changes": len(changes),
        "usual": summary(usual),
        "while_models_change": summary(changed),
        "p99_times_the_usual": _p99(changed) / _p99(usual),
        "not_answered_with_a_result": web.problems,
        "models": dict(web.models),
        "cores": available_cores(),
        "load": [round(load_before, 1), round(os.getloadavg()[0], 1)],
    }
    text = json.dumps(document, indent=2)
    (RESULTS / "promotion.json").write_text(text + "\n", encoding="utf-8")
    click.echo(text)


class Answers(Web):
    """Sends films, and keeps the models of the results and what else was answered."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.models: Counter[str] = Counter()
        self.problems: list[dict[str, Any]] = []

    def read(self, status: int, body: bytes) -> None:
        """Take what was answered."""
        document = json.loads(body)
        if status == 200:
            self.models[document["model"]["sha256"][:12]] += 1
        else:
            self.problems.append(document)


@contextmanager
def site(data: Path) -> Iterator[ModelRelease]:
    """Give the models of the installation in a data directory."""
    settings = Settings(data_dir=data)
    with closing(open_database(settings)) as database:
        yield model_release(settings, database)


def another_file(path: Path, folder: Path) -> Path:
    """Return a file with the same network and another version, and so another sha256."""
    network = onnx.load(path)
    metadata = {one.key: one.value for one in network.metadata_props}
    said = json.loads(metadata[KEY]) | {"version": "another"}
    helper.set_model_props(network, metadata | {KEY: json.dumps(said)})
    other = folder / "another.onnx"
    onnx.save(network, other)
    return other


def accepted(release: ModelRelease, path: Path) -> str:
    """Add a model whose acceptance is on record; return its sha256."""
    sha256 = release.add(path, BY).sha256
    record = {
        "format": "radiograde.acceptance/1",
        "verdict": "accepted",
        "model": {"sha256": sha256},
    }
    release.record(json.dumps(record).encode(), BY)
    return sha256


@contextmanager
def changing(release: ModelRelease, sha256: str, every_s: float) -> Iterator[list[str]]:
    """Promote a model and go back, in turn, within the ``with`` block; gives what was done."""
    stop, done = Event(), list[str]()

    def change() -> None:
        while not stop.wait(every_s):
            if len(done) % 2:
                release.roll_back(BY)
                done.append("rolled back")
            else:
                release.promote(sha256, BY, two_persons=False)
                done.append("promoted")

    thread = Thread(target=change)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def _p99(arrivals: Sequence[Arrival]) -> float:
    ms = summary(arrivals)["ms"]
    return float(ms["p99"]) if ms else float("nan")


if __name__ == "__main__":
    main()
