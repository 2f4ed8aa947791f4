"""A graded film with all that its documents are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.reviews.review import Review


@dataclass(frozen=True, slots=True)
class GradedFilm:
    """What documents are a pure function of: the same case gives the same bytes.

    ``film``: as it was graded, pixels upright. ``header``: the film's DICOM data set without
    pixels, None for a picture. ``result``: scored or rejected, with its id; with maps where
    scored. ``began``: when the analysis began, with its time zone. ``reviews``: what readers said
    of it, newest first.
    """

    film: Radiograph
    header: Dataset | None
    result: SeverityResult
    began: datetime
    reviews: tuple[Review, ...] = ()
