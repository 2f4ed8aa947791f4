"""Grading many files: a few at a time, in order, with their documents written on the way."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ulid import ULID

from radiograde.model.errors import RadiogradeError, UnreadableError
from radiograde.model.grading import failed, grade
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.atomic_write import write_atomically
from radiograde.service.cli.paths import OVERLAY, Film
from radiograde.service.documents.builders import OF_FILM, builder_of, kinds_of
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.documents.overlay import overlay_png


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
    """How files are graded: by which scorer, how many at a time, and where documents go."""

    scorer: Scorer
    workers: int
    out: Path | None = None

    def grade(self, films: Sequence[Film]) -> Generator[Graded]:
        """Yield each film's result in order; a file that cannot be opened is a failed result.

        Each has a new id, a ULID, as over HTTP; its maps are let go.

        Raises:
            OSError: a document cannot be written.
        """
        executor = ThreadPoolExecutor(self.workers, thread_name_prefix="grading")
        try:
            yield from executor.map(self._grade_one, films)
        finally:
            executor.shutdown(cancel_futures=True)

    def _grade_one(self, film: Film) -> Graded:
        began = datetime.now().astimezone()
        file: FilmFile | None
        try:
            file = open_film(_read_file(film.path), Limits())
        except RadiogradeError as error:
            result = failed(error, self.scorer)
            file = None
        else:
            result = grade(file, self.scorer)
        result = dataclasses.replace(result, id=str(ULID()))
        graded = Graded(film, dataclasses.replace(result, maps=None))
        if self.out is not None:
            _write(self.out / film.name, ".json", _json_bytes(graded))
            if file is not None and result.status != "failed":
                self._write_documents(film, GradedFilm.of(file, result, began))
        return graded

    def _write_documents(self, film: Film, graded: GradedFilm) -> None:
        """Write the picture of a scored film, and the DICOM documents that there are of it."""
        place = (self.out or Path()) / film.name
        if graded.result.scores is not None:
            _write(place, OVERLAY, overlay_png(graded.film, graded.result))
        for kind in sorted(kinds_of(graded) & OF_FILM):
            document = builder_of(kind)(graded)
            _write(place, f".{document.name}", document.content)


def _read_file(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise UnreadableError("Not a regular file. Name a DICOM, PNG or JPEG file.")
        Limits().check_bytes(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise UnreadableError(f"The file cannot be opened: {error.strerror}.") from error


def _json_bytes(graded: Graded) -> bytes:
    return (json.dumps(graded.to_json(), indent=2) + "\n").encode()


def _write(name: Path, ending: str, content: bytes) -> None:
    path = name.with_name(name.name + ending)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, content, durable=False)
