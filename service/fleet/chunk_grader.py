"""A worker of a fleet: one session of the model, which grades chunk after chunk."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pyarrow as pa
from ulid import ULID

from radiograde.model.errors import ModelFileError, RadiogradeError
from radiograde.model.grading import failed
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.errors import GaveUpError, UnreachableError
from radiograde.service.fleet.archive_film import ArchiveFilm, Chunk
from radiograde.service.fleet.film_reader import FilmReader
from radiograde.service.fleet.grading_plan import OUTCOMES, UNREACHED, GradingPlan
from radiograde.service.fleet.score_parts import ScoreParts
from radiograde.service.grading.grade_film import grade_film
from radiograde.service.grading.load_scorer import scorer_on
from radiograde.service.grading.score_row import row_of
from radiograde.service.logs import hush_decoders
from radiograde.service.pacs.dicomweb_pacs import DicomWebPacs
from radiograde.service.permissions import keep_private


class ChunkGrader:
    """Grades the films of chunks, and writes the rows of each as one part."""

    def __init__(self, plan: GradingPlan) -> None:
        """Load the model.

        Raises:
            ModelFileError: it cannot be used, or is not the one of the run.
            DeviceError: there is no GPU here.
            SiteError: the secret of the archive is not in this worker's environment.
        """
        keep_private()
        hush_decoders()
        self._plan = plan
        self._scorer = scorer_on(plan.device, plan.model, plan.cpus)
        if self._scorer.facts.sha256 != plan.model_sha256:
            raise ModelFileError("A worker of the fleet has another model than the command.")
        pacs = None if plan.pacs is None else DicomWebPacs(plan.pacs, plan.limits)
        self._reader = FilmReader(plan.limits, pacs)
        self._parts = ScoreParts(plan.out)

    def __call__(self, table: pa.Table) -> pa.Table:
        """Return the number of the chunk that a table holds, and how many films came to what.

        Its rows are written when this returns; ``trouble`` says why they could not be, else it is
        empty. A chunk that has its part is not graded again.
        """
        chunk, trouble = Chunk.from_arrow(table), ""
        try:
            statuses = self._parts.statuses(chunk.name)
            if statuses is None:
                statuses = self._grade(chunk)
        except OSError as error:
            statuses, trouble = [], error.strerror or type(error).__name__
        counts = Counter(statuses)
        counts[UNREACHED] = len(chunk.films) - len(statuses)
        columns = {name: [counts[name]] for name in OUTCOMES}
        return pa.table({"chunk": [chunk.number], "trouble": [trouble], **columns})

    def _grade(self, chunk: Chunk) -> list[str]:
        with ThreadPoolExecutor(self._plan.cpus + 1) as threads:
            answers = list(threads.map(self._row, chunk.films))
        rows = [row for row in answers if row is not None]
        if rows:
            self._parts.write(chunk.name, rows)
        return [str(row["status"]) for row in rows]

    def _row(self, film: ArchiveFilm) -> dict[str, object] | None:
        try:
            return row_of(film.mark, self._result(film))
        except UnreachableError:
            return None

    def _result(self, film: ArchiveFilm) -> SeverityResult:
        film_id = str(ULID())
        try:
            if self._plan.gives_up:
                raise GaveUpError("Grading it ended the worker each time.")
            opened = self._reader.film(film)
        except UnreachableError:
            raise
        except RadiogradeError as error:
            return replace(failed(error, self._scorer), id=film_id)
        return grade_film(opened, self._scorer, film_id).result
