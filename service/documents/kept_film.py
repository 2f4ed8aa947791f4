"""A kept film with its result, as documents are made of it: wherever that is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from radiograde.model.errors import RadiogradeError
from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.model.scoring.result_json import parse_result
from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_form import USUAL, DocumentForm
from radiograde.service.documents.document_kinds import (
    NAMES,
    TIED,
    DocumentRequest,
    in_form,
    kinds_of,
)
from radiograde.service.documents.graded_film import GradedFilm, with_order
from radiograde.service.documents.object_reference import ObjectReference, reference_in
from radiograde.service.documents.overlay import overlay_png
from radiograde.service.documents.rejection_note import rejection_note
from radiograde.service.errors import UndocumentedError
from radiograde.service.films.archive import Archive
from radiograde.service.films.order_store import OrderStore
from radiograde.service.reviews.review import Review
from radiograde.service.reviews.withdrawal import Withdrawal


@dataclass(frozen=True, slots=True)
class KeptFilm:
    """Where a film lies, and what the database knows of it; it can be pickled.

    ``document``: the result's JSON. ``began``: when the analysis began, with its time zone.
    ``former``: as it was before its header was corrected.
    """

    archive: Archive
    limits: Limits
    id: str
    document: Mapping[str, Any]
    began: datetime
    reviews: tuple[Review, ...]
    withdrawn: int = 0
    replaces: tuple[ObjectReference, ...] = ()
    former: bool = False

    def portable(self) -> KeptFilm:
        """Return it for a process that need not reach the archive.

        Raises:
            UndocumentedError: it is no longer kept.
        """
        if self.archive.storage.is_here:
            return self
        header = FilmFile(self.archive.film(self.id), self.limits).header
        order = OrderStore(self.archive.storage).files_for(header)
        return replace(self, archive=self.archive.portable(self.id, order))

    def graded_film(self) -> GradedFilm:
        """Read and decode it, with the objects that are kept of it in the usual form.

        Raises:
            UndocumentedError: it could not be read, or is no longer kept.
        """
        read = self.archive.former if self.former else self.archive.film
        file = FilmFile(read(self.id), self.limits)
        result = parse_result(self.document, self.archive.maps(self.id))
        try:
            graded = GradedFilm.of(file, result, self.began, self.reviews)
            graded = with_order(graded, OrderStore(self.archive.storage))
        except RadiogradeError as error:
            raise UndocumentedError(f"There are no documents of this. {error.message}") from error
        return self.in_form(graded, USUAL)

    def in_form(self, graded: GradedFilm, form: DocumentForm) -> GradedFilm:
        """Return the film for documents of a form, beside those that are kept in it."""
        kept: dict[DocumentKind, ObjectReference] = {}
        for kind in TIED:
            content = self.archive.document(self.id, in_form(NAMES[kind][0], form))
            if content is not None:
                kept[kind] = reference_in(content)
        return replace(
            graded, form=form, kept=kept, withdrawn=self.withdrawn, replaces=self.replaces
        )


def make_documents(film: KeptFilm, wanted: Sequence[DocumentRequest]) -> list[Document | None]:
    """Return each document, None where there is none of its kind of this film.

    Raises:
        UndocumentedError: as :meth:`KeptFilm.graded_film`.
        Exception: whatever making one raises.
    """
    graded = film.graded_film()
    there = kinds_of(graded)
    forms = {request.form: film.in_form(graded, request.form) for request in wanted}
    return [
        request.make(forms[request.form]) if request.kind in there else None for request in wanted
    ]


def make_rejection_note(
    film: KeptFilm,
    withdrawal: Withdrawal,
    rejected: tuple[ObjectReference, ...],
    form: DocumentForm,
) -> Document:
    """Return the note, as :func:`.rejection_note.rejection_note`.

    Raises:
        UndocumentedError: as :meth:`KeptFilm.graded_film`.
    """
    return rejection_note(film.in_form(film.graded_film(), form), withdrawal, rejected)


def make_withdrawal_message(film: KeptFilm, withdrawal: Withdrawal, form: DocumentForm) -> Document:
    """Return the message, as :func:`.hl7.result_message.withdrawal_message`.

    Raises:
        UndocumentedError: as :meth:`KeptFilm.graded_film`.
    """
    from radiograde.service.documents.hl7.result_message import withdrawal_message

    return withdrawal_message(film.in_form(film.graded_film(), form), withdrawal)


def make_overlay(film: KeptFilm) -> bytes:
    """Return the picture of a scored film, as :func:`.overlay.overlay_png`.

    Raises:
        UndocumentedError: as :meth:`KeptFilm.graded_film`; or it was not scored.
    """
    graded = film.graded_film()
    if graded.result.scores is None or graded.result.maps is None:
        raise UndocumentedError("Only a scored film has a picture.")
    return overlay_png(graded.film, graded.result)
