"""A bench with made parts: scorers that answer at once, sinks that remember or refuse."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from radiograde.model.limits import Limits
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.site import DeliveryConfig, FolderDestinationConfig, Kind
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.documents.document import Document
from radiograde.service.grading.bench import Bench
from radiograde.service.grading.records import Records
from tests.service.fakes import FakeScorer


class Outbox:
    """A sink that remembers; while ``error`` is set it raises that instead."""

    def __init__(self, name: str = "pacs", error: Exception | None = None) -> None:
        self._name = name
        self.error = error
        self.asked = 0
        self.sent: list[tuple[str, tuple[str, ...]]] = []
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._name

    def send(self, documents: Sequence[Document], result_id: str) -> None:
        with self._lock:
            self.asked += 1
            if self.error is not None:
                raise self.error
            self.sent.append((result_id, tuple(document.kind for document in documents)))

    def check(self) -> list[Finding]:
        return []


class Shelf:
    """A library whose documents are empty."""

    def documents(self, result_id: str, kinds: Iterable[Kind]) -> list[Document]:
        return [Document(kind, kind, "text/plain", b"") for kind in kinds]


def bench(
    records: Records,
    *targets: Outbox,
    scorer: Scorer | None = None,
    delivery: DeliveryConfig | None = None,
) -> Bench:
    """Return a bench on the records, with destinations of the sinks' names."""
    return Bench(
        scorer or FakeScorer(),
        Limits(),
        records.archive,
        records.films,
        records.deliveries,
        Shelf(),  # type: ignore[arg-type]  # all that a bench asks of a library
        {
            target.name: (
                FolderDestinationConfig(type="folder", name=target.name, path=Path("x")),
                target,
            )
            for target in targets
        },
        delivery or DeliveryConfig(),
    )
