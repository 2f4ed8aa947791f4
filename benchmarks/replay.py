"""Whether stored results come out the same, to the digit, after a restart.

Drawn films, each another, are graded and kept by one process; others replay them all, at one
thread and at two, with the command as anybody runs it.

    python -m benchmarks.replay
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks.stopwatch import RESULTS
from radiograde.data.phantom import PhantomSpec, draw
from radiograde.data.phantom_dicom import to_dicom
from radiograde.data.storage import Storage
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.settings import Settings
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import open_records

THREADS = (1, 2)


@click.command()
@click.option("--films", default=500, show_default=True)
@click.option("--side", default=320, show_default=True, help="Rows of a film.")
def main(films: int, side: int) -> None:
    """Grade, replay and write benchmarks/results/replay.json."""
    with tempfile.TemporaryDirectory() as folder:
        statuses = _grade(Path(folder), films, side)
        replayed = {f"threads {number}": _replay(Path(folder), number) for number in THREADS}
    document = {
        "benchmark": "replay",
        "films": films,
        "graded_at_threads": Scorer().threads,
        "statuses": statuses,
        "replayed_by_another_process": replayed,
        "load": round(os.getloadavg()[0], 2),
    }
    path = RESULTS / "replay.json"
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    click.echo(json.dumps(document, indent=2))


def _grade(folder: Path, films: int, side: int) -> dict[str, int]:
    """Grade as many drawn films and return how many came to each status."""
    chance = np.random.default_rng(33)
    settings = Settings(data_dir=folder)
    statuses: Counter[str] = Counter()
    with closing(open_records(settings)) as records:
        grader = FilmGrader(records, Scorer(), settings.limits)
        for number in range(films):
            zones = {zone: float(chance.uniform(0, 3)) for zone in "ABCDEF"}
            columns = int(chance.integers(side * 3 // 4, side))
            phantom = draw(PhantomSpec(rows=side, columns=columns, zones=zones, seed=number))
            file = BytesIO()
            to_dicom(phantom, Storage(12)).save_as(file, enforce_file_format=True)
            statuses[grader.answer(file.getvalue()).status] += 1
    return dict(statuses)


def _replay(folder: Path, threads: int) -> dict[str, Any]:
    """Return how the films come out in a process of their own, and which parts changed."""
    command = [sys.executable, "-m", "radiograde", "replay", "--since", "2020-01-01", "--json"]
    options = ["--threads", str(threads), "--data-dir", str(folder)]
    run = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    outcomes: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    for line in run.stdout.splitlines():
        found = json.loads(line)
        outcomes[found["outcome"]] += 1
        parts.update(part["name"] for part in found["parts"])
        stages.update([found["stage"] or "none"])
    return {
        "exit_code": run.returncode,
        "outcomes": dict(outcomes),
        "changed_parts": dict(parts),
        "first_stage_that_moved_below_the_digits": dict(stages),
    }


if __name__ == "__main__":
    main()
