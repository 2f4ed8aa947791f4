"""Making good what got lost between a PACS and this installation, and nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

import structlog

from radiograde.model.errors import RadiogradeError
from radiograde.service.config.site import DestinationConfig, DicomDestinationConfig, FilmSource
from radiograde.service.films.audited_intake import AuditedIntake
from radiograde.service.pacs.fetch_film import fetch_film
from radiograde.service.pacs.query_retrieve import FoundImage, Pacs, PacsSession, StudyQuery
from radiograde.service.reconciliation.pacs_comparison import (
    Comparison,
    Differences,
    Holdings,
    MissingResult,
)
from radiograde.service.retrieve_errors import RetrieveError

log = structlog.get_logger("radiograde.work")


@dataclass(slots=True)
class Summary:
    """What one pass found and did.

    ``films_there``: in the PACS. ``films_missing``, ``results_missing``: here, and there.
    ``fetched``, ``sent_again``: of them. ``failed``: what could not be made good, one by one.
    """

    pacs: str
    films_there: int = 0
    films_missing: int = 0
    results_missing: int = 0
    fetched: int = 0
    sent_again: int = 0
    failed: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def is_in_order(self) -> bool:
        """Whether nothing is missing any more, once the work that was recorded is done."""
        return self.films_missing == self.fetched and self.results_missing == self.sent_again

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Reconciles an installation with a PACS, which results are delivered to.

    ``config``: that of the site file. ``stop``: ends a pass after the film at hand.
    """

    holdings: Holdings
    config: DestinationConfig
    pacs: Pacs
    modalities: tuple[str, ...] = ("CR", "DX")
    stop: threading.Event = field(default_factory=threading.Event)

    def run(
        self,
        since: date,
        until: date,
        *,
        dry_run: bool = False,
        on_day: Callable[[date], object] = lambda day: None,
    ) -> Summary:
        """Fetch films that were never sent here, and have missing results sent again.

        Day by day, both days included; ``on_day`` is called before each. The worker then grades
        and sends. ``dry_run``: only count.

        Raises:
            UnreachableError, RetrieveError: the PACS does not answer, or cannot be asked so.
            StoreError: the database does not answer.
        """
        summary = Summary(self.pacs.name)
        comparison = Comparison(self.holdings, self.config, self.modalities)
        for day in _days(since, until):
            if self.stop.is_set():
                break
            on_day(day)
            with self.pacs.session() as session:
                found = comparison.of(session, StudyQuery(day, day))
                _count(summary, found)
                if not dry_run:
                    self._make_good(session, found, summary)
        log.info("reconciled", **_plain(summary), dry_run=dry_run)
        return summary

    def _make_good(self, session: PacsSession, found: Differences, summary: Summary) -> None:
        for image in found.films:
            if self.stop.is_set():
                return
            summary.fetched += self._tried(summary, partial(self._fetch, session, image))
        for result in found.results:
            if self.stop.is_set():
                return
            summary.sent_again += self._tried(summary, partial(self._send_again, session, result))

    def _fetch(self, session: PacsSession, image: FoundImage) -> None:
        is_node = isinstance(self.config, DicomDestinationConfig)
        source: FilmSource = "dicom" if is_node else "dicomweb"
        name = self.pacs.name
        films = self.holdings.films
        intake = AuditedIntake(self.holdings.intake, self.holdings.audit)
        fetch_film(session, image, lambda film: intake.accept(film, source, name), films)

    def _send_again(self, session: PacsSession, result: MissingResult) -> None:
        if not result.film.kept:
            self._fetch(session, result.image)
        name = self.config.name
        deliveries = self.holdings.deliveries
        with deliveries.database.write() as connection:
            if result.delivery.state == "parked":
                deliveries.retry(connection, result.film.id, [name])
            else:
                deliveries.send_anew(connection, result.film.id, [name])

    def _tried(self, summary: Summary, attempt: Callable[[], None]) -> int:
        try:
            attempt()
        except RetrieveError as error:
            return _failed(summary, error)
        return 1


def _failed(summary: Summary, error: RadiogradeError) -> int:
    summary.failed += 1
    if error.message not in summary.reasons:
        summary.reasons.append(error.message)
    return 0


def _count(summary: Summary, found: Differences) -> None:
    summary.films_there += found.films_there
    summary.films_missing += len(found.films)
    summary.results_missing += len(found.results)


def _plain(summary: Summary) -> dict[str, Any]:
    return {name: value for name, value in summary.to_json().items() if name != "reasons"}


def _days(since: date, until: date) -> Iterator[date]:
    for number in range((until - since).days + 1):
        yield since + timedelta(days=number)
