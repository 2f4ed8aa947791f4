"""What a destination has of a film, and has to reject: told apart from what still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from radiograde.service.config.site import DestinationConfig
from radiograde.service.delivery.delivery_repository import Delivery
from radiograde.service.delivery.destinations.destination import Taken
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_form import form_for
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.documents.fhir.sent_resources import sent_resources
from radiograde.service.documents.object_reference import ObjectReference, reference_in
from radiograde.service.reviews.withdrawal import SentObject, Withdrawal
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Has destinations reject what no longer holds; safe to share among threads."""

    withdrawals: WithdrawalRepository
    document_store: DocumentStore

    def last(self, film_id: str) -> Withdrawal | None:
        """Return the last withdrawal of a film's results: while it stands nothing is sent.

        Raises StoreError.
        """
        return next(iter(self.withdrawals.of(film_id)), None)

    def due(self, delivery: Delivery, config: DestinationConfig, last: Withdrawal) -> Taken | None:
        """Return what a destination has to reject of results that no longer hold; None: nothing.

        Raises:
            UndocumentedError: there can be no rejection note.
            StoreError: the database is away.
        """
        objects = self._obsolete(delivery, config, last)
        return self._taken(objects, last, config) if objects else None

    def done(self, taken: Taken) -> None:
        """Record that a destination rejected it."""
        self.withdrawals.rejected(taken.objects)

    def record(self, delivery: Delivery, documents: Sequence[Document], began: datetime) -> bool:
        """Record what is about to be sent, so that it can be taken back whatever happens then.

        ``began``: when the analysis began that it tells of. Return False where that no longer
        holds: then nothing is to be sent. Raises StoreError.
        """
        sent = [made for one in documents for made in _sent(delivery, one, began)]
        return self.withdrawals.sending(sent)

    def _obsolete(
        self, delivery: Delivery, config: DestinationConfig, last: Withdrawal
    ) -> list[SentObject]:
        sent = self.withdrawals.sent_to(delivery.film_id, delivery.destination)
        if not last.stands:
            began = self.document_store.began(delivery.film_id)
            return [one for one in sent if one.began != began]
        if not sent and delivery.attempts and not self.withdrawals.was_sent(delivery.film_id):
            # Delivered by a version that kept no record: as it is made, so it was sent.
            began = self.document_store.began(delivery.film_id)
            documents = self.document_store.kept(delivery.film_id, config.kinds, form_for(config))
            was_sent = [made for one in documents for made in _sent(delivery, one, began)]
            self.withdrawals.were_sent(was_sent)
            sent = self.withdrawals.sent_to(delivery.film_id, delivery.destination)
        return sent

    def _taken(
        self, objects: Sequence[SentObject], withdrawal: Withdrawal, config: DestinationConfig
    ) -> Taken:
        references = [ObjectReference.of(one) for one in objects if one.sop_class_uid]
        note = None
        if references:
            note = self.document_store.rejection_note(withdrawal, references, form_for(config))
        message = None
        if any(one.kind == "hl7" for one in objects):
            message = self.document_store.withdrawal_message(withdrawal, form_for(config))
        return Taken(withdrawal, tuple(objects), note, message)


def _sent(delivery: Delivery, document: Document, began: datetime) -> list[SentObject]:
    reference = reference_in(document.content) if document.sop_class_uid else None
    return [
        SentObject(
            film_id=delivery.film_id,
            destination=delivery.destination,
            name=name,
            kind=document.kind,
            sop_class_uid=document.sop_class_uid,
            series_instance_uid=None if reference is None else reference.series_instance_uid,
            study_instance_uid=None if reference is None else reference.study_instance_uid,
            began=began,
            sent=datetime.now(UTC),
        )
        for name in _names_of(document)
    ]


def _names_of(document: Document) -> list[str]:
    """Return what a document is known by at its destination: UID, FHIR resources, or file name."""
    if document.sop_instance_uid is not None:
        return [document.sop_instance_uid]
    if document.kind in ("fhir", "fhir_r5"):
        return [one.name for one in sent_resources(document.content)]
    return [document.name]
