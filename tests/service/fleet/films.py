"""Archives of small films for tests of the fleet, and what their rows come to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pyarrow import parquet

from radiograde.data.phantom import PhantomSpec, draw
from radiograde.service.config.settings import Settings
from radiograde.service.fleet.grading_plan import GradingPlan, plan_of
from radiograde.service.fleet.open_archive import FilmArchive, open_archive
from radiograde.service.fleet.score_parts import ScoreParts
from tests.service.fakes import png

BROKEN = "broken.dcm"


def write_films(folder: Path, count: int) -> list[Path]:
    """Write drawn films, of which one is scored, and one that nobody can read."""
    folder.mkdir(parents=True)
    drawn = draw(PhantomSpec(rows=400, columns=360, zones={"C": 2, "F": 3}))
    Image.fromarray(np.round(drawn.pixels * 255).astype(np.uint8)).save(folder / "drawn.png")
    (folder / BROKEN).write_bytes(b"no film")
    for number in range(count - 2):
        (folder / f"{number:03}.png").write_bytes(png(grey=number))
    return sorted(folder.iterdir())


def plan_for(source: Path | str, out: Path | str) -> tuple[GradingPlan, FilmArchive]:
    """Return the plan of a run with the bundled model on one core a worker, and its archive."""
    settings = Settings()
    archive = open_archive(str(source), settings, None)
    return plan_of(settings, archive, str(out), 1, 0.0), archive


def rows_of(out: Path) -> list[dict[str, Any]]:
    """Return the rows of all parts, in the order of their films."""
    rows = [row for part in parts_of(out) for row in parquet.read_table(part).to_pylist()]
    return sorted(rows, key=lambda row: str(row["file"]))


def parts_of(out: Path) -> Iterator[Path]:
    return (out / "parts").glob("*.parquet")


def prepared(plan: GradingPlan) -> ScoreParts:
    parts = ScoreParts(plan.out)
    parts.prepare()
    return parts
