"""The documents of kept results: built from the kept film when first asked for, then kept too."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from pydicom import dcmread

from radiograde.model.limits import Limits
from radiograde.service.config.site import DocumentKind
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_form import USUAL, DocumentForm
from radiograde.service.documents.document_kinds import (
    NAMES,
    OF_FILM,
    DocumentRequest,
    PageReport,
    document_requests,
    in_form,
    kinds_of,
    page_report_request,
    review_document_request,
)
from radiograde.service.documents.graded_film import GradedFilm, with_order
from radiograde.service.documents.kept_film import (
    KeptFilm,
    make_documents,
    make_overlay,
    make_rejection_note,
    make_withdrawal_message,
)
from radiograde.service.documents.object_reference import ObjectReference
from radiograde.service.errors import UndocumentedError
from radiograde.service.films.archive import Archive
from radiograde.service.films.order_store import OrderStore
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.processes.runner import INLINE, WorkRunner
from radiograde.service.reviews.review_repository import ReviewRepository
from radiograde.service.reviews.withdrawal import Withdrawal
from radiograde.service.reviews.withdrawal_repository import CORRECTED, WithdrawalRepository


class DocumentStore:
    """Builds and keeps documents; safe to share among threads and processes.

    ``runner``: where those of kept films are made.
    """

    def __init__(
        self,
        archive: Archive,
        store: ResultRepository,
        reviews: ReviewRepository,
        withdrawals: WithdrawalRepository,
        limits: Limits,
        runner: WorkRunner = INLINE,
    ) -> None:
        self._archive = archive
        self._store = store
        self._reviews = reviews
        self._withdrawals = withdrawals
        self._limits = limits
        self._runner = runner

    def overlay(self, result_id: str) -> bytes:
        """Return the picture of a scored film, PNG; it names no patient, and is not kept.

        Raises:
            NotFoundError: no such result.
            UndocumentedError: it has none: its film was not scored, or is no longer kept.
            StoreError: the database does not answer.
            CutShortError: making it ended before it was done.
        """
        return self._runner.run(make_overlay, self._standing_film(result_id).portable())

    def document(self, result_id: str, kind: DocumentKind) -> Document:
        """Return one document of a result.

        Raises:
            NotFoundError: no such result.
            UndocumentedError: its film could not be read, or is no longer kept; or there is none.
            StoreError: the database does not answer.
            CutShortError: making it ended before it was done.
            NoSpaceError: it cannot be kept.
        """
        found = self.documents(result_id, [kind])
        if not found:
            raise UndocumentedError(
                "This result has no such document: rejected films have no pictures, and results "
                "of PNG and JPEG files no DICOM objects."
            )
        return found[0]

    def documents(
        self, result_id: str, kinds: Iterable[DocumentKind], form: DocumentForm = USUAL
    ) -> list[Document]:
        """Return those of the kinds that there are of a result, and of ``sr`` also its reviews'.

        Raises as :meth:`document`; UndocumentedError also of a result that was withdrawn.
        """
        self._require_standing(result_id)
        return self.kept(result_id, kinds, form)

    def kept(
        self, result_id: str, kinds: Iterable[DocumentKind], form: DocumentForm = USUAL
    ) -> list[Document]:
        """Return the documents of a result, also of one that was withdrawn.

        Raises as :meth:`document`.
        """
        return self._gather(result_id, document_requests(kinds, self._reviews.of(result_id), form))

    def page_report(self, result_id: str, shown: PageReport) -> Document:
        """Return the PDF report with what people may see. Raises as :meth:`document`."""
        self._require_standing(result_id)
        request = page_report_request(shown, self._reviews.of(result_id))
        return self._gather(result_id, [request])[0]

    def began(self, result_id: str) -> datetime:
        """Return when the analysis of a result began. Raises NotFoundError, StoreError."""
        return self._store.stored(result_id).began

    def rejection_note(
        self, withdrawal: Withdrawal, rejected: Sequence[ObjectReference], form: DocumentForm
    ) -> Document:
        """Return the note that rejects objects which were sent of a film.

        Raises as :meth:`document`: it carries the patient and the study of the film, as they were
        before a correction that is the reason.
        """
        film = self._withdrawn_film(withdrawal)
        return self._runner.run(
            make_rejection_note, film.portable(), withdrawal, tuple(rejected), form
        )

    def withdrawal_message(self, withdrawal: Withdrawal, form: DocumentForm) -> Document:
        """Return the message that takes back what messages said of a film.

        Raises as :meth:`document`.
        """
        film = self._withdrawn_film(withdrawal)
        return self._runner.run(make_withdrawal_message, film.portable(), withdrawal, form)

    def make(
        self, graded: GradedFilm, kinds: Iterable[DocumentKind], form: DocumentForm = USUAL
    ) -> None:
        """Make and keep those of the kinds that there are of a film that was just graded.

        Raises:
            NoSpaceError: one cannot be kept.
            Exception: whatever making one raises.
        """
        there = kinds_of(graded)
        withdrawn, replaces = self._before(str(graded.result.id), graded.began)
        ordered = with_order(graded, OrderStore(self._archive.storage))
        after = replace(ordered, withdrawn=withdrawn, replaces=replaces)
        for request in document_requests(kinds, graded.reviews, form):
            if request.kind in there:
                made = request.make(replace(after, form=request.form))
                self._keep(str(graded.result.id), request, made)

    def review_report(self, result_id: str, review_id: str) -> Document:
        """Return the report of one review of a result, whether it still counts or not.

        Raises:
            NotFoundError, UndocumentedError, StoreError, NoSpaceError: as :meth:`document`; there
                is none of a review of a picture.
        """
        self._store.get(result_id)
        self._require_standing(result_id)
        review = self._reviews.get(result_id, review_id)
        found = self._gather(result_id, [review_document_request(review)])
        if not found:
            raise UndocumentedError("Reviews of PNG and JPEG files have no DICOM objects.")
        return found[0]

    def _gather(self, result_id: str, wanted: Sequence[DocumentRequest]) -> list[Document]:
        """Return the documents that there are, in their order; the film is read if need be."""
        found = [self._kept(result_id, request) for request in wanted]
        missing = [place for place, document in enumerate(found) if document is None]
        if missing:
            requests = [wanted[place] for place in missing]
            made = self._runner.run(make_documents, self._film(result_id).portable(), requests)
            for place, document in zip(missing, made, strict=True):
                if document is not None:
                    found[place] = self._keep(result_id, wanted[place], document)
        return [document for document in found if document is not None]

    def _require_standing(self, result_id: str) -> None:
        if self._withdrawals.standing(result_id) is not None:
            raise UndocumentedError("This result was withdrawn, so there are no documents of it.")

    def _standing_film(self, result_id: str) -> KeptFilm:
        film = self._film(result_id)
        self._require_standing(result_id)
        return film

    def _before(self, result_id: str, began: datetime) -> tuple[int, tuple[ObjectReference, ...]]:
        """Return how many results of the film were withdrawn before, and their sent reports."""
        withdrawn = len(self._withdrawals.of(result_id))
        if not withdrawn:
            return 0, ()
        sent = self._withdrawals.reports_before(result_id, began)
        return withdrawn, tuple(dict.fromkeys(map(ObjectReference.of, sent)))

    def _withdrawn_film(self, withdrawal: Withdrawal) -> KeptFilm:
        film = self._film(withdrawal.result_id)
        return replace(film, former=withdrawal.reason == CORRECTED and not withdrawal.stands)

    def _film(self, result_id: str) -> KeptFilm:
        stored = self._store.stored(result_id)
        if stored.document["status"] == "failed":
            raise UndocumentedError("This file could not be read, so it has no documents.")
        reviews = tuple(self._reviews.of(result_id))
        began = stored.began.astimezone()
        withdrawn, replaces = self._before(result_id, stored.began)
        return KeptFilm(
            self._archive,
            self._limits,
            result_id,
            stored.document,
            began,
            reviews,
            withdrawn,
            replaces,
        )

    def _keep(self, result_id: str, request: DocumentRequest, document: Document) -> Document:
        self._archive.keep_document(result_id, request.kept_as, document.content)
        name = in_form(request.name, request.form)
        self._archive.drop_documents(result_id, name, but=request.kept_as)
        return document

    def _kept(self, result_id: str, request: DocumentRequest) -> Document | None:
        content = self._archive.document(result_id, request.kept_as)
        if content is None:
            return None
        _, media_type = NAMES[request.kind]
        if request.kind not in OF_FILM:
            return Document(request.kind, request.name, media_type, content)
        meta = dcmread(io.BytesIO(content), stop_before_pixels=True, specific_tags=[]).file_meta
        return Document(
            request.kind,
            request.name,
            media_type,
            content,
            str(meta.MediaStorageSOPClassUID),
            str(meta.MediaStorageSOPInstanceUID),
        )
