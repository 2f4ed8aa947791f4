"""The queue's work with made parts: scorers that answer at once, destinations that remember."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from radiograde.model.limits import Limits
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.site import DeliveryConfig, DocumentKind, FolderDestinationConfig
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.destinations.destination import Finding, Taken
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.delivery.routing import RoutingRules
from radiograde.service.documents.document import Document
from radiograde.service.documents.document_form import USUAL, DocumentForm
from radiograde.service.documents.document_store import DocumentStore
from radiograde.service.documents.graded_film import GradedFilm
from radiograde.service.films.result_repository import ResultRepository
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.reconciler import Reconciler
from radiograde.service.grading.records import Records
from radiograde.service.grading.worker import Work
from radiograde.service.pacs.query_retrieve import Pacs
from radiograde.service.priors.prior_fetcher import PriorFetcher
from tests.service.fakes import FakeScorer


class Outbox:
    """A destination that remembers; while ``error`` is set it raises that instead."""

    def __init__(self, name: str = "pacs", error: Exception | None = None) -> None:
        self._name = name
        self.error = error
        self.calls = 0
        self.sent: list[tuple[str, tuple[str, ...]]] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        with self._lock:
            self.calls += 1
            if self.error is not None:
                raise self.error
            self.sent.append((result_id, tuple(document.kind for document in documents)))

    def withdraw(self, taken: Taken, result_id: str) -> None:
        if taken.note is not None:
            self.send([taken.note], result_id)

    def check(self) -> list[Finding]:
        return []


class EmptyDocuments:
    """A document store whose documents are empty."""

    def __init__(self, results: ResultRepository) -> None:
        self._results = results

    def documents(
        self, result_id: str, kinds: Iterable[DocumentKind], form: DocumentForm = USUAL
    ) -> list[Document]:
        return [Document(kind, kind, "text/plain", b"") for kind in kinds]

    def kept(
        self, result_id: str, kinds: Iterable[DocumentKind], form: DocumentForm = USUAL
    ) -> list[Document]:
        return self.documents(result_id, kinds, form)

    def began(self, result_id: str) -> datetime:
        return self._results.stored(result_id).began

    def rejection_note(self, *_: object) -> Document:
        return Document("ko", "rejection.dcm", "text/plain", b"")

    def make(
        self, graded: GradedFilm, kinds: Iterable[DocumentKind], form: DocumentForm = USUAL
    ) -> None:
        pass


@dataclass(frozen=True, slots=True)
class DirectWork(Work):
    """Does the queue's work when it is called."""

    def grade(self, film_id: str) -> None:
        self.grader.grade_waiting(film_id)

    def deliver(self, film_id: str, destination: str) -> None:
        self.deliverer.deliver(film_id, destination)

    def fetch_priors(self, film_id: str) -> None:
        self.prior_fetcher.fetch(film_id)


def work_with(
    records: Records,
    *targets: Outbox,
    scorer: Scorer | None = None,
    delivery: DeliveryConfig | None = None,
    breakers: Breakers | None = None,
    pacs: Sequence[Pacs] = (),
) -> DirectWork:
    """Return the work on the records, with destinations of the outboxes' names."""
    delivery = delivery or DeliveryConfig()
    breakers = breakers or Breakers()
    documents: DocumentStore = EmptyDocuments(records.results)  # type: ignore[assignment]
    destinations = {
        target.name: (
            FolderDestinationConfig(type="folder", name=target.name, path=Path("x")),
            target,
        )
        for target in targets
    }
    configs = [config for config, _ in destinations.values()]
    changed = dataclasses.replace(
        records,
        document_store=documents,
        routing=RoutingRules(configs, delivery.rejected),
    )
    return DirectWork(
        FilmGrader(changed, scorer or FakeScorer(), Limits()),
        Deliverer(
            records.deliveries,
            documents,
            destinations,
            RetryPolicy(timedelta(hours=delivery.give_up_after_h)),
            breakers,
        ),
        Reconciler(
            records.database,
            records.queue,
            records.films,
            records.deliveries,
            records.priors,
            breakers,
        ),
        fetcher_of(records, *pacs, breakers=breakers),
    )


def fetcher_of(records: Records, *pacs: Pacs, breakers: Breakers | None = None) -> PriorFetcher:
    """Return what fetches priors from these PACS."""
    return PriorFetcher(
        records.priors,
        records.expected_priors,
        records.films,
        records.intake,
        records.archive,
        pacs,
        RetryPolicy(timedelta(hours=72)),
        Limits(),
        breakers or Breakers(),
    )
