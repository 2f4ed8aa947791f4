"""A graded film with all that its documents are made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document_form import USUAL, DocumentForm
from radiograde.service.documents.object_reference import ObjectReference
from radiograde.service.films.order_store import OrderStore
from radiograde.service.reviews.review import Review

LOSSY_METHODS: dict[str, str] = {
    JPEGBaseline8Bit: "ISO_10918_1",
    JPEGExtended12Bit: "ISO_10918_1",
    JPEGLSNearLossless: "ISO_14495_1",
}
"""Transfer syntaxes that always lose detail, and their LossyImageCompressionMethod."""


@dataclass(frozen=True, slots=True)
class GradedFilm:
    """What documents are a pure function of: the same graded film gives the same bytes.

    ``film``: as it was graded, pixels upright; what is no chest in the polarity of its file.
    ``header``: the film's DICOM header, None for a picture; ``transfer_syntax``: the UID of how its
    pixels are stored. ``result``: scored or rejected, with its id; with maps where scored.
    ``began``: when the analysis began, with its time zone. ``reviews``: what readers said of it,
    newest first. ``lossy_ratio``: how many times smaller lossy compression made the pixels, by
    their own size. ``form``: how documents are written. ``kept``: objects that were made of it
    before and stay as they are. ``withdrawn``: how many results of the film were withdrawn before
    this one; ``replaces``: the reports of them that were sent.
    """

    film: Radiograph
    header: Header | None
    result: SeverityResult
    began: datetime
    reviews: tuple[Review, ...] = ()
    transfer_syntax: str | None = None
    lossy_ratio: float | None = None
    form: DocumentForm = USUAL
    kept: Mapping[DocumentKind, ObjectReference] = field(default_factory=dict)
    withdrawn: int = 0
    replaces: tuple[ObjectReference, ...] = ()

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
        return cls(
            film, file.header, result, began, reviews, file.transfer_syntax, _lossy_ratio(file)
        )


def with_order(graded: GradedFilm, orders: OrderStore) -> GradedFilm:
    """Return a graded film whose header has what it lacks of the order that it was made for."""
    return replace(graded, header=orders.completed(graded.header))


def _lossy_ratio(file: FilmFile) -> float | None:
    """Return PS3.3 C.7.6.1.1.5.2: size before compression over size after it."""
    pixels = file.dicom().pixels if file.header is not None else None
    if file.header is None or pixels is None or file.transfer_syntax not in LOSSY_METHODS:
        return None
    words = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
    frames = max(1.0, file.header.number("NumberOfFrames") or 1.0)
    bits = frames * math.prod(file.header.short(word) or 1 for word in words)
    return bits / 8 / max(1, len(pixels.value))
