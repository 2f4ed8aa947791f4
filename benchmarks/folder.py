"""``radiograde score`` on a folder, end to end, beside a plain script and the same films served.

All start from nothing and read the same 8-megapixel films from disk, which the system has read
before; a few films stand there under many names. How many of the machine's cores were busy is the
processor's time over the time that passed.

    python -m benchmarks.folder
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import click

from benchmarks.film import dicom_films
from benchmarks.intake import ROOT, radiograde
from benchmarks.stopwatch import Samples, interleave, spread, table, write_results
from radiograde.model.cores import available_cores

SCORE, PLAIN, SERVED = "radiograde score", "plain PyTorch script", "POST /v1/score"
DISTINCT = 10


@click.command()
@click.option("--films", default=1000, show_default=True)
@click.option("--rounds", type=click.IntRange(2), default=2, show_default=True)
@click.option("--workers", default=available_cores(), show_default=True, help="Also connections.")
def main(films: int, rounds: int, workers: int) -> None:
    """Time the three in turn and write benchmarks/results/folder.json."""
    busy: dict[str, list[float]] = {SCORE: [], PLAIN: []}
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        paths = lay_out(place / "films", films)
        score = partial(run_score, place, workers)
        plain = partial(run_apart, "benchmarks.plain_script", str(place / "films"))
        with radiograde(place / "data", "serve") as (_, port):
            contenders: dict[str, Callable[[], object]] = {
                SCORE: lambda: busy[SCORE].append(score()),
                PLAIN: lambda: busy[PLAIN].append(plain()),
                SERVED: partial(send, port, paths, workers),
            }
            samples = interleave(contenders, rounds, warm_up=0)
    cores = available_cores()
    what = {
        "films": films,
        "workers": workers,
        "cores": cores,
        "films_per_s": {one: round(rate(samples, one, films), 2) for one in samples},
        "cores_busy": {
            one: [
                round(1000 * cpu_s / cores / wall_ms, 3)
                for cpu_s, wall_ms in zip(spent, samples[one], strict=True)
            ]
            for one, spent in busy.items()
        },
    }
    path = write_results("folder", what, samples, SCORE)
    click.echo(f"{table(samples, SCORE)}\n\n{what}\n{path}")


def lay_out(folder: Path, films: int) -> list[Path]:
    """Write films and return their paths; after the first few they are names of these."""
    folder.mkdir()
    make = dicom_films()
    paths = [folder / f"{number:06}.dcm" for number in range(films)]
    for number, path in enumerate(paths):
        if number < DISTINCT:
            path.write_bytes(make(f"{ROOT}.5.{number}"))
        else:
            path.hardlink_to(paths[number % DISTINCT])
    return paths


def run_score(place: Path, workers: int) -> float:
    """Grade the folder into a new table; return the processor's seconds."""
    rows = place / "scores.csv"
    rows.unlink(missing_ok=True)
    options = ["--table", str(rows), "--workers", str(workers)]
    return run_apart("radiograde", "score", str(place / "films"), *options)


def run_apart(module: str, *arguments: str) -> float:
    """Run a module to its end in a process of its own; return the processor's seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def send(port: int, paths: Sequence[Path], connections: int) -> None:
    """Have the films graded over HTTP, an equal share over each connection."""

    def post(share: Sequence[Path]) -> None:
        with closing(HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
            for path in share:
                headers = {"Content-Type": "application/dicom"}
                connection.request("POST", "/v1/score?again=true", path.read_bytes(), headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    raise click.ClickException(f"POST /v1/score answered {answer.status}.")

    with ThreadPoolExecutor(connections) as executor:
        list(executor.map(post, [paths[start::connections] for start in range(connections)]))


def rate(samples: Samples, name: str, films: int) -> float:
    """Return films a second of a contender."""
    return films * 1000 / spread(samples[name]).median


if __name__ == "__main__":
    main()
