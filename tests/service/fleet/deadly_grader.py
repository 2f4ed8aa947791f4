"""Workers of a fleet that tell who they are, and die where a test wants them to."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from radiograde.service.fleet.archive_film import ArchiveFilm
from radiograde.service.fleet.chunk_grader import ChunkGrader
from radiograde.service.fleet.grading_plan import GradingPlan

DEADLY = "deadly.png"


class DeadlyGrader(ChunkGrader):
    """Dies of one film, and writes its process id beside the rows when it begins another."""

    def __init__(self, plan: GradingPlan) -> None:
        super().__init__(plan)
        self._pids = Path(plan.out, "pids")
        self._pids.mkdir(exist_ok=True)

    def _row(self, film: ArchiveFilm) -> dict[str, object] | None:
        if Path(film.place).name == DEADLY and not self._plan.gives_up:
            os.kill(os.getpid(), signal.SIGKILL)
        (self._pids / str(os.getpid())).touch()
        return super()._row(film)


def workers_of(out: Path) -> list[int]:
    """Return the process ids of workers that have graded a film, those that died included."""
    return [int(path.name) for path in (out / "pids").iterdir()]
