"""How soon ``serve`` answers and what it takes up idle, beside that of an earlier commit.

Both start in turn, in one run, with the same packages and model file, on data directories that are
there: a first start makes tables. Counted are the seconds until a request is answered, those of the
processor until then, and the memory of all processes once it rests.

    python -m benchmarks.serve_start --before COMMIT
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import click

from benchmarks.intake import processor_seconds, wait_for_answer
from benchmarks.memory import resident_tree_mb
from benchmarks.stopwatch import RESULTS
from radiograde.model.cores import available_cores
from radiograde.model.scoring.scorer import BUNDLED
from tests.orthanc import free_port

HERE = Path(__file__).parents[1]
REST_S = 2.0
"""After the first answer: what is loaded later than that is loaded."""


@dataclass(frozen=True, slots=True)
class Start:
    """A start: seconds until it answers, of the clock and of the processor; MB once it rests."""

    answers_s: float
    processor_s: float
    idle_mb: float


@click.command()
@click.option("--before", required=True, help="Commit that is held against what is here.")
@click.option("--rounds", default=7, show_default=True, help="Starts of each.")
@click.option("--model", type=click.Path(path_type=Path), default=BUNDLED, help="Both can read it.")
def main(before: str, rounds: int, model: Path) -> None:
    """Measure, and write benchmarks/results/serve_start.json."""
    load_before = os.getloadavg()[0]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trees = {"before": stack.enter_context(checkout(before, folder / "tree")), "now": HERE}
        starts: dict[str, list[Start]] = {name: [] for name in trees}
        for number in range(-1, rounds):
            for name, tree in trees.items():
                found = start(tree, folder / name, model.resolve())
                if number >= 0:
                    starts[name].append(found)
                    click.echo(f"{name}: {found}", err=True)
    document = {
        "benchmark": "serve_start",
        "before": before,
        "medians": {name: medians(found) for name, found in starts.items()},
        "now_over_before": ratios(starts),
        "starts": {name: [asdict(one) for one in found] for name, found in starts.items()},
        "cores": available_cores(),
        "load": [round(load_before, 1), round(os.getloadavg()[0], 1)],
    }
    text = json.dumps(document, indent=2)
    (RESULTS / "serve_start.json").write_text(text + "\n", encoding="utf-8")
    click.echo(text)


@contextmanager
def checkout(commit: str, folder: Path) -> Iterator[Path]:
    """Give the files of a commit within the ``with`` block."""
    git = ("git", "-C", str(HERE), "worktree")
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def start(tree: Path, data: Path, model: Path) -> Start:
    """Return how a service of some files starts."""
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "radiograde", "serve", "--no-worker",
            "--port", str(port), "--data-dir", str(data), "--model", str(model),
        ],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_answer(port, "/healthz")
        answers_s, processor_s = time.perf_counter() - began, processor_seconds(process.pid)
        time.sleep(REST_S)
        return Start(round(answers_s, 3), round(processor_s, 2), resident_tree_mb(process.pid))
    finally:
        process.terminate()
        process.wait()


def medians(starts: Sequence[Start]) -> dict[str, float]:
    """Return the median of each figure."""
    return {name: median(asdict(one)[name] for one in starts) for name in Start.__slots__}


def ratios(starts: Mapping[str, Sequence[Start]]) -> dict[str, float]:
    """Return the median of each figure's ratio, round by round."""
    pairs = [
        (asdict(before), asdict(now))
        for before, now in zip(starts["before"], starts["now"], strict=True)
    ]
    return {
        name: round(median(now[name] / before[name] for before, now in pairs), 3)
        for name in Start.__slots__
    }


if __name__ == "__main__":
    main()
