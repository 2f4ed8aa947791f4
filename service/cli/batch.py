"""Grading many files: a few at a time, in order, with their documents written on the way."""

from __future__ import annotations

import dataclasses
import json
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radiograde.model.limits import Limits
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.atomic_write import write_atomically
from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document_kinds import builder_of, kinds_of
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.overlay import overlay_png
from radiograde.service.grading.film_search import OVERLAY, Film
from radiograde.service.grading.grade_film import grade_file

_AHEAD = 4
"""Films that are begun for each worker, so that one slow film keeps no worker waiting."""


WRITTEN: frozenset[DocumentKind] = frozenset({"sr", "seg", "sc"})
"""DICOM documents that are written beside a result."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A film and its result."""

    film: Film
    result: SeverityResult

    def to_json(self) -> dict[str, Any]:
        """Return the result's JSON with the path that was graded as its first member, ``file``."""
        return {"file": str(self.film.path)} | self.result.to_json()


@dataclass(frozen=True, slots=True)
class Batch:
    """How files are graded: by which scorer, within which limits, how many at a time.

    ``out``: where documents go.
    """

    scorer: Scorer
    limits: Limits
    workers: int
    out: Path | None = None

    def grade(self, films: Iterable[Film]) -> Generator[Graded]:
        """Yield each film's result in order; a file that cannot be opened is a failed result.

        Each has a new id, a ULID, as over HTTP; its maps are let go. A few films more than there
        are workers are begun: while one is waited for, others are read and graded.

        Raises:
            OSError: a document cannot be written.
        """
        executor = ThreadPoolExecutor(self.workers, thread_name_prefix="grading")
        try:
            begun: deque[Future[Graded]] = deque()
            for film in films:
                begun.append(executor.submit(self._grade_one, film))
                if len(begun) > _AHEAD * self.workers:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            executor.shutdown(cancel_futures=True)

    def _grade_one(self, film: Film) -> Graded:
        grading = grade_file(film.path, self.scorer, self.limits)
        graded = Graded(film, dataclasses.replace(grading.result, maps=None))
        if self.out is not None:
            _write(self.out / film.name, ".json", _json_bytes(graded))
            with_film = grading.graded_film()
            if with_film is not None:
                self._write_documents(film, with_film)
        return graded

    def _write_documents(self, film: Film, graded: GradedFilm) -> None:
        """Write the picture of a scored film, and the DICOM documents that there are of it."""
        place = (self.out or Path()) / film.name
        if graded.result.scores is not None:
            _write(place, OVERLAY, overlay_png(graded.film, graded.result))
        for kind in sorted(kinds_of(graded) & WRITTEN):
            document = builder_of(kind)(graded)
            _write(place, f".{document.name}", document.content)


def _json_bytes(graded: Graded) -> bytes:
    return (json.dumps(graded.to_json(), indent=2) + "\n").encode()


def _write(name: Path, ending: str, content: bytes) -> None:
    path = name.with_name(name.name + ending)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content, durable=False)
