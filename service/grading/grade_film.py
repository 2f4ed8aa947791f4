"""Grading one film, the same whatever source it came by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from ulid import ULID

from radiograde.model.errors import RadiogradeError, UnreadableError
from radiograde.model.grading import failed, grade
from radiograde.model.limits import Limits
from radiograde.model.reading.film_attributes import uid
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.grading.trace import trace_of
from radiograde.service.grading.triage import SetAside, reason_to_set_aside, rejection
from radiograde.service.measures import MEASURES


@dataclass(frozen=True, slots=True)
class FilmGrading:
    """What grading a film came to.

    ``result``: with the film's id; of an object that is ``set_aside`` the rejection that says
    why. ``film``: None where the file could not be opened. ``began``: when grading began.
    ``kept``: this result was kept, and not that of another grading at the same time. ``trace``:
    how the result came about.
    """

    result: SeverityResult
    began: datetime
    film: FilmFile | None = None
    set_aside: SetAside | None = None
    kept: bool = False
    trace: Mapping[str, Any] = field(default_factory=dict)

    @property
    def film_id(self) -> str:
        """The id of film and result."""
        return str(self.result.id)

    @property
    def sop_class_uid(self) -> str | None:
        """The film's SOP Class UID; None where it has none."""
        header = None if self.film is None else self.film.header
        return None if header is None else uid(header, "SOPClassUID")

    def graded_film(self) -> GradedFilm | None:
        """Return what documents are made of; None of what failed or was set aside.

        And of a film that was graded at a fraction of its size, and is damaged beyond that.
        """
        if self.film is None or self.set_aside is not None or self.result.status == "failed":
            return None
        try:
            return GradedFilm.of(self.film, self.result, self.began.astimezone())
        except RadiogradeError:
            return None


class Keeper(Protocol):
    """Where there are records: keeps what grading came to."""

    def keep(self, grading: FilmGrading) -> bool:
        """Keep result and maps and plan deliveries; False if the film was graded meanwhile."""
        ...


def grade_film(
    film: FilmFile, scorer: Scorer, film_id: str, keeper: Keeper | None = None
) -> FilmGrading:
    """Return what became of a film: set aside, failed, rejected or scored, and kept if need be.

    Raises:
        NoSpaceError, StoreError: it could not be kept.
    """
    grading = _grade(film, scorer, film_id)
    return grading if keeper is None else replace(grading, kept=keeper.keep(grading))


def grade_file(path: Path, scorer: Scorer, limits: Limits) -> FilmGrading:
    """Return what became of the film in a file, under a new id; nothing is kept.

    A file that cannot be opened, or is larger than ``limits`` allow, gives ``failed``.
    """
    film_id, began = str(ULID()), datetime.now(UTC)
    try:
        film = open_file(path, limits)
    except RadiogradeError as error:
        return FilmGrading(replace(failed(error, scorer), id=film_id), began)
    return grade_film(film, scorer, film_id)


def open_file(path: Path, limits: Limits) -> FilmFile:
    """Return the film in a regular file. Raises UnreadableError, TooLargeError."""
    if not path.is_file():  # a pipe would be waited for
        raise UnreadableError("Not a regular file. Name a DICOM, PNG or JPEG file.")
    return open_film(path, limits)


def _grade(film: FilmFile, scorer: Scorer, film_id: str) -> FilmGrading:
    began = datetime.now(UTC)
    aside = reason_to_set_aside(film.header)
    result = grade(film, scorer) if aside is None else rejection(film, aside, scorer)
    trace = trace_of(result, scorer, film)
    _measure(result)
    return FilmGrading(replace(result, id=film_id), began, film, aside, trace=trace)


def _measure(result: SeverityResult) -> None:
    MEASURES.count("graded", result.status)
    for stage, ms in result.timing_ms.items():
        MEASURES.time("grading_seconds", ms / 1000, stage)
    if result.error is not None:
        MEASURES.count("refused", result.error.code)
    for reason in result.gate.reasons if result.gate is not None else ():
        if reason.level == "reject":
            MEASURES.count("refused", reason.code)
