"""What a PACS has that this installation lacks, and the other way round: films, and results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.config.site import DestinationConfig
from radiograde.service.delivery.delivery_repository import Delivery, DeliveryRepository
from radiograde.service.documents.document_form import form_for
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.errors import UndocumentedError
from radiograde.service.films.film_repository import Film, FilmRepository
from radiograde.service.films.intake import FilmIntake
from radiograde.service.pacs.query_retrieve import FoundImage, PacsSession, StudyQuery
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository

OWN_MODALITIES = ("SR", "SEG", "OT", "PR", "DOC")
"""Of the documents that results are sent as."""


class Holdings(Protocol):
    """What an installation keeps."""

    @property
    def films(self) -> FilmRepository:
        """The films that came in."""
        ...

    @property
    def deliveries(self) -> DeliveryRepository:
        """What was sent of them."""
        ...

    @property
    def withdrawals(self) -> WithdrawalRepository:
        """What was withdrawn, and what destinations have."""
        ...

    @property
    def document_store(self) -> DocumentStore:
        """What makes and keeps documents."""
        ...

    @property
    def intake(self) -> FilmIntake:
        """What takes films in."""
        ...

    @property
    def audit(self) -> AuditLog:
        """What records who did what."""
        ...


@dataclass(frozen=True, slots=True)
class MissingResult:
    """A result that was sent and is not there. ``image``: the film, as the PACS has it."""

    film: Film
    image: FoundImage
    delivery: Delivery


@dataclass(slots=True)
class Differences:
    """``films_there``: how many the PACS has. ``films``: those never sent here."""

    films_there: int = 0
    films: list[FoundImage] = field(default_factory=list)
    results: list[MissingResult] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares with one PACS. ``modalities``: of the films."""

    holdings: Holdings
    config: DestinationConfig
    modalities: Sequence[str]

    def of(self, session: PacsSession, query: StudyQuery) -> Differences:
        """Return how a PACS and this installation differ in the studies of some days.

        Raises:
            UnreachableError, RetrieveError: as :class:`PacsSession`.
            StoreError: the database does not answer.
        """
        differences = Differences()
        for study in session.studies(query):
            if study.may_hold(self.modalities):
                kinds = {*self.modalities, *OWN_MODALITIES}
                self._add(differences, session.images(study.study_instance_uid, sorted(kinds)))
        return differences

    def _add(self, differences: Differences, images: Sequence[FoundImage]) -> None:
        there = {image.sop_instance_uid for image in images}
        shown = [one for one in images if one.is_film(self.modalities) and one.shows(())]
        known = self.holdings.films.of_instances([one.sop_instance_uid for one in shown])
        of_uid = {film.sop_instance_uid: film for film in known}
        differences.films_there += len(shown)
        for image in shown:
            film = of_uid.get(image.sop_instance_uid)
            if film is None:
                differences.films.append(image)
            else:
                differences.results += self._missing(film, image, there)

    def _missing(self, film: Film, image: FoundImage, there: set[str]) -> Iterator[MissingResult]:
        """Yield the film's result where it was sent to the PACS, or given up, and is not there."""
        found = self.holdings.deliveries.of_films([film.id])
        for one in found:
            if one.destination != self.config.name or one.state == "waiting":
                continue
            is_missing = one.state == "parked" or self._lacks(film, one, there)
            if is_missing and self.holdings.withdrawals.standing(film.id) is None:
                yield MissingResult(film, image, one)

    def _lacks(self, film: Film, delivery: Delivery, there: set[str]) -> bool:
        """Return whether a document that was sent is not there, and would be made again."""
        sent = {
            one.name
            for one in self.holdings.withdrawals.sent_to(film.id, self.config.name)
            if one.sop_class_uid
        }
        if sent and sent <= there:
            return False
        try:
            documents = self.holdings.document_store.kept(
                film.id, delivery.kinds or self.config.kinds, form_for(self.config)
            )
        except UndocumentedError:  # the film is gone here, and comes back
            return bool(sent)
        return not {one.sop_instance_uid for one in documents if one.sop_instance_uid} <= there
