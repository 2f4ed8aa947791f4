"""Fetching a patient's earlier films from the PACS, so that the course over time is whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import structlog

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile
from radiograde.service.backoff import patiently
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.retry_policy import MOST_STARTS, OWN_FAULT_DELAY_S, RetryPolicy
from radiograde.service.errors import (
    GaveUpError,
    NoSpaceError,
    StoreError,
    UndocumentedError,
    UnreachableError,
)
from radiograde.service.films.archive import Archive
from radiograde.service.films.expected_priors import ExpectedPriors
from radiograde.service.films.film_repository import FilmRepository
from radiograde.service.films.intake import Intake
from radiograde.service.pacs.fetch_film import fetch_film
from radiograde.service.pacs.query_retrieve import FoundImage, Pacs, PacsSession
from radiograde.service.priors.prior_repository import PriorFetch, PriorRepository
from radiograde.service.priors.prior_rules import Subject, choose, subject_of
from radiograde.service.retrieve_errors import (
    NothingFoundError,
    OtherPatientError,
    RetrieveError,
    UnknownMoveDestinationError,
)

log = structlog.get_logger("radiograde.work")


@dataclass(slots=True)
class _Tally:
    """What came of asking: films found and fetched; ``refused``: why one was not kept."""

    fetched: int = 0
    found: int = 0
    nothing: NothingFoundError | None = None
    refused: OtherPatientError | None = None

    @property
    def remark(self) -> RetrieveError | None:
        """What is to be said of it, where not all went as one would wish."""
        return self.refused or (None if self.found else self.nothing)


@dataclass(frozen=True, slots=True)
class PriorFetcher:
    """Fetches priors as they are recorded; safe to share among threads.

    ``pacs``: those of the site file, in its order. ``stop``: ends the waiting for a database
    that is away.
    """

    repository: PriorRepository
    expected: ExpectedPriors
    films: FilmRepository
    intake: Intake
    archive: Archive
    pacs: Sequence[Pacs]
    retries: RetryPolicy
    limits: Limits
    breakers: Breakers = field(default_factory=Breakers)
    stop: threading.Event = field(default_factory=threading.Event)

    def fetch(self, film_id: str) -> None:
        """Fetch the priors of a film's patient; on failure record when to try again.

        May be begun again at any time after a crash: what is here already is not fetched twice.

        Raises:
            StoreError: the database is away, and nothing is begun.
        """
        fetch = self.repository.begin(film_id)
        if fetch is None:
            return
        if fetch.starts > MOST_STARTS:
            self._fail(fetch, GaveUpError("Fetching ended the worker each time."))
            return
        try:
            tally = self._fetch(fetch)
        except (UnreachableError, RetrieveError) as error:
            self._after_failure(fetch, error)
        except UndocumentedError:
            self._fail(fetch, UndocumentedError("The film is no longer kept. Send it again."))
        except (StoreError, NoSpaceError, OSError) as error:
            log.error("priors_wait", film_id=film_id, type=type(error).__name__)
            self._record(lambda: self.repository.set_back(fetch, OWN_FAULT_DELAY_S))
        except Exception as error:  # noqa: BLE001 - whatever a PACS may have a library raise
            name = type(error).__name__
            log.error("priors_broke", film_id=film_id, type=name)
            self._after_failure(fetch, RetrieveError(f"They could not be fetched ({name})."))
        else:
            self._record(lambda: self.repository.done(fetch, tally.fetched, tally.remark))
            log.info("priors_fetched", film_id=film_id, films=tally.fetched, found=tally.found)

    def _fetch(self, fetch: PriorFetch) -> _Tally:
        film = FilmFile(self.archive.film(fetch.film_id), self.limits)
        tally = _Tally()
        if film.header is not None:
            subject = subject_of(film.header, datetime.now(UTC).date())
            for pacs in self.pacs:
                self._talk(pacs, partial(self._from, pacs, subject, fetch, tally))
        return tally

    def _talk(self, pacs: Pacs, talk: Callable[[], None]) -> None:
        """Ask a PACS, and have the breaker know what came of it."""
        if not self.breakers.may_try(pacs.name):
            raise UnreachableError(f"{pacs.name} does not answer. It is tried again later.")
        try:
            talk()
        except UnreachableError as error:
            self.breakers.failed(pacs.name, error.retry_after_s)
            raise
        except RetrieveError:
            self.breakers.answered(pacs.name)
            raise
        self.breakers.answered(pacs.name)

    def _from(self, pacs: Pacs, subject: Subject, fetch: PriorFetch, tally: _Tally) -> None:
        with pacs.session() as session:
            try:
                images = choose(session, subject, self.repository.rules)
            except NothingFoundError as error:
                tally.nothing = error
                return
            except OtherPatientError as error:
                tally.refused = error
                return
            tally.found += len(images)
            broken: RetrieveError | None = None
            for image in images:
                try:
                    if not self.films.of_instances([image.sop_instance_uid]):
                        self._one(session, pacs.name, image, fetch, tally)
                except UnknownMoveDestinationError:
                    raise
                except RetrieveError as error:  # the others may come all the same
                    broken = error
            if broken is not None:
                raise broken

    def _one(
        self, session: PacsSession, name: str, image: FoundImage, fetch: PriorFetch, tally: _Tally
    ) -> None:
        uid = image.sop_instance_uid
        self.expected.add(uid, fetch.patient)
        try:
            fetch_film(
                session, image, lambda film: self.intake.accept(film, "prior", name), self.films
            )
        except OtherPatientError as error:
            tally.refused = error
        except RetrieveError:
            # By C-MOVE the node refused it, and the PACS can only say that something failed.
            expected = self.expected.find(uid)
            if expected is None or not expected.refused:
                raise
            tally.refused = OtherPatientError(
                "The PACS sent a film that names another patient ID, issuer or birth date than "
                "was asked for. It was not kept."
            )
        else:
            tally.fetched += 1
        finally:
            self.expected.remove(uid)

    def _after_failure(self, fetch: PriorFetch, error: UnreachableError | RetrieveError) -> None:
        delay_s = self.retries.delay_s(
            fetch.attempts + 1,
            datetime.now(UTC) - fetch.begun,
            refused=not isinstance(error, UnreachableError),
        )
        if delay_s is None:
            self._fail(fetch, error)
            return
        put_off_s = max(delay_s, *(self.breakers.due_in_s(pacs.name) for pacs in self.pacs), 0.0)
        self._record(lambda: self.repository.put_off(fetch, error, put_off_s))
        log.warning("priors_put_off", film_id=fetch.film_id, error=error.code, again_in_s=put_off_s)

    def _fail(
        self,
        fetch: PriorFetch,
        error: UnreachableError | RetrieveError | GaveUpError | UndocumentedError,
    ) -> None:
        self._record(lambda: self.repository.failed(fetch, error))
        log.error("priors_failed", film_id=fetch.film_id, error=error.code)

    def _record(self, action: Callable[[], None]) -> None:
        patiently(action, StoreError, self.stop)
