"""``radiograde fleet score`` on this computer beside ``radiograde score`` on the same films.

Both start from nothing and read the same 8-megapixel films from disk, a few under many names; one
grades as many films at a time as there are cores, the other has a worker for each core. Their rows
are compared to the digit.

    python -m benchmarks.fleet
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click
from pyarrow import parquet

from benchmarks.folder import lay_out, rate, run_apart
from benchmarks.stopwatch import interleave, table, write_results
from radiograde.model.cores import available_cores

SCORE, FLEET = "radiograde score", "radiograde fleet score"


@click.command()
@click.option("--films", default=1000, show_default=True)
@click.option("--rounds", type=click.IntRange(2), default=2, show_default=True)
def main(films: int, rounds: int) -> None:
    """Time both in turn and write benchmarks/results/fleet.json."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        lay_out(place / "films", films)
        samples = interleave(
            {SCORE: lambda: run_score(place), FLEET: lambda: run_fleet(place)}, rounds, warm_up=0
        )
        same = rows(place / "scores.parquet") == rows(place / "fleet" / "scores.parquet")
    rates = {one: rate(samples, one, films) for one in samples}
    what = {
        "films": films,
        "cores": available_cores(),
        "films_per_s": {one: round(found, 2) for one, found in rates.items()},
        "fleet_of_score": round(rates[FLEET] / rates[SCORE], 3),
        "rows_are_the_same": same,
    }
    path = write_results("fleet", what, samples, SCORE)
    click.echo(f"{table(samples, SCORE)}\n\n{what}\n{path}")


def run_score(place: Path) -> None:
    """Grade the films into a new table."""
    rows_in = place / "scores.csv"
    rows_in.unlink(missing_ok=True)
    options = ["--table", str(rows_in), "--parquet", str(place / "scores.parquet")]
    workers = ["--workers", str(available_cores())]
    run_apart("radiograde", "score", str(place / "films"), *options, *workers)


def run_fleet(place: Path) -> None:
    """Grade the films on a cluster of this computer."""
    out = place / "fleet"
    shutil.rmtree(out, ignore_errors=True)
    run_apart("radiograde", "fleet", "score", str(place / "films"), "--out", str(out))


def rows(path: Path) -> list[dict[str, object]]:
    """Return the rows of a table by the names of films, without their ids, which are always new."""
    found: list[dict[str, object]] = (
        parquet.read_table(path).sort_by("file").drop_columns("id").to_pylist()
    )
    return found


if __name__ == "__main__":
    main()
