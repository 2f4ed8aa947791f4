"""A graded film with all that its documents are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.reviews.review import Review


@dataclass(frozen=True, slots=True)
class GradedFilm:
    """What documents are a pure function of: the same graded film gives the same bytes.

    ``film``: as it was graded, pixels upright; what is no chest in the polarity of its file.
    ``header``: the film's DICOM header, None for a picture; ``transfer_syntax``: the UID of how its
    pixels are stored. ``result``: scored or rejected, with its id; with maps where scored.
    ``began``: when the analysis began, with its time zone. ``reviews``: what readers said of it,
    newest first.
    """

    film: Radiograph
    header: Header | None
    result: SeverityResult
    began: datetime
    reviews: tuple[Review, ...] = ()
    transfer_syntax: str | None = None

    @classmethod
    def of(
        cls,
        file: FilmFile,
        result: SeverityResult,
        began: datetime,
        reviews: tuple[Review, ...] = (),
    ) -> Self:
        """Return what was graded in a file, as grading left it parsed and decoded.

        Raises:
            RadiogradeError: the film cannot be read, so its result is ``failed``.
        """
        film = file.radiograph()
        if result.gate is not None and result.gate.no_chest:
            film = film.as_stored()
        return cls(film, file.header, result, began, reviews, file.transfer_syntax)
