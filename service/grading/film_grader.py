"""Grading kept films: those that wait in the queue, and those whose sender waits for the result."""

from __future__ import annotations

import threading
from dataclasses import replace

import structlog

from radiograde.model.limits import Limits
from radiograde.model.reading.film_file import FilmFile, open_film
from radiograde.model.scoring.result import SeverityResult
from radiograde.model.scoring.result_json import parse_result
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.atomic_write import Content
from radiograde.service.backoff import patiently
from radiograde.service.documents.equipment import is_own
from radiograde.service.documents.rejection_note import rejected_instances
from radiograde.service.errors import (
    NoSpaceError,
    ReviewedError,
    StoreError,
    UndocumentedError,
)
from radiograde.service.films.score_change import RepeatabilityLimit
from radiograde.service.grading.corrected_header import adopt_file, follow_header, is_reviewed
from radiograde.service.grading.fact_finder import FactFinder
from radiograde.service.grading.grade_film import FilmGrading, grade_film
from radiograde.service.grading.records import Records
from radiograde.service.grading.result_keeper import ResultKeeper
from radiograde.service.monitoring.alarm_repository import AlarmRepository
from radiograde.service.monitoring.statistics_repository import StatisticsRepository
from radiograde.service.programme_errors import ModelStoppedError

log = structlog.get_logger("radiograde.work")

MOST_ATTEMPTS = 3
"""Times a film may be begun: one that takes the worker down with it is not begun for ever."""

RETRY_DELAY_S = 30.0
"""Before a film whose grading broke is begun again."""

GAVE_UP = "gave_up"
FILM_GONE = "no_document"


class FilmGrader:
    """Grades the films of an installation with one model at a time; safe to share among threads.

    A film's state decides: what was graded already, by whomever, is not graded again.
    """

    def __init__(
        self,
        records: Records,
        scorer: Scorer,
        limits: Limits,
        stop: threading.Event | None = None,
    ) -> None:
        self._records = records
        self._stop = stop or threading.Event()
        self._changing = threading.Lock()
        self._scorer = scorer
        self._limits = limits
        self._keeper = ResultKeeper(
            records.database,
            records.archive,
            records.films,
            records.results,
            records.traces,
            records.deliveries,
            records.document_store,
            FactFinder(
                records.archive,
                records.films,
                records.routing,
                limits,
                RepeatabilityLimit.of(scorer),
                needs_change=records.notices.wants("worse"),
            ),
            records.notices,
            StatisticsRepository(records.database),
            records.shadow,
        )
        self._alarms = AlarmRepository(records.database)

    @property
    def scorer(self) -> Scorer:
        """The model that grades the next film."""
        return self._scorer

    @property
    def keeper(self) -> ResultKeeper:
        """What keeps the results of this model."""
        return self._keeper

    @property
    def limits(self) -> Limits:
        """What films are read under."""
        return self._limits

    def use(self, scorer: Scorer) -> None:
        """Grade with another model from the next film on; what was begun is finished as begun."""
        with self._changing:
            facts = replace(self._keeper.facts, limit=RepeatabilityLimit.of(scorer))
            self._keeper = replace(self._keeper, facts=facts)
            self._scorer = scorer

    def keep_by(self, records: Records) -> None:
        """Go by the routing, notices and priors of other settings from the next film on."""
        with self._changing:
            worse = records.notices.wants("worse")
            facts = replace(self._keeper.facts, routing=records.routing, needs_change=worse)
            self._keeper = replace(self._keeper, facts=facts, notices=records.notices)
            self._records = records

    def was_begun(self, film_id: str) -> bool:
        """Return whether a film that waits was begun before, and may have ended the process.

        Raises:
            StoreError: the database is away.
        """
        return self._records.films.was_begun(film_id)

    def grade_waiting(self, film_id: str) -> None:
        """Grade a film that waits, with the documents that its destinations want.

        May be begun again at any time after a crash. While the model is stopped the film is marked
        and waits. Of a film that was graded before, deliveries are planned that a further source
        asks for. Once it is scored, its priors are asked for.

        Raises:
            StoreError: the database is away, and nothing is begun.
        """
        attempt = self._records.films.begin(film_id)
        if attempt is None:
            self._go_on(film_id)
        elif self._is_stopped():
            self._records.stopped_films.hold(film_id)
        elif attempt > MOST_ATTEMPTS:
            log.error("film_given_up", film_id=film_id, attempts=attempt - 1)
            self._fail(film_id, GAVE_UP)
        else:
            self._try(film_id, attempt)
        self._ask_for_priors(film_id)

    def answer(
        self, content: Content, *, again: bool = False, sender: str | None = None
    ) -> SeverityResult:
        """Take in a film whose ``sender`` waits, and return its result, which is kept.

        Of a film that was graded before by this model, its result as it was kept, unless it is to
        be graded ``again``: then, as where another model graded it, the new result takes the
        place of the old one, under the same id. What a reader reviewed stays as it is.

        Raises:
            TooLargeError: more bytes than are accepted.
            NoSpaceError, StoreError: film or result could not be kept, so it is not given out.
            ReviewedError: it is to be graded again, or its result was withdrawn, and was reviewed.
            ModelStoppedError: the model is stopped; the film is kept, and waits.
        """
        film = open_film(content, self._limits)
        receipt = self._records.intake.accept(film, "http", sender)
        if receipt.known:
            kept = self._kept(receipt.film_id, again=again)
            if kept is not None:
                return kept
        if self._is_stopped():
            self._records.stopped_films.hold(receipt.film_id)
            raise ModelStoppedError(
                "The film is kept and not graded: the model was stopped. It is graded once "
                "somebody releases the model."
            )
        keeper = replace(self._keeper, answered=True)
        grading = grade_film(film, self._scorer, receipt.film_id, keeper)
        self._ask_for_priors(receipt.film_id)
        other = None if grading.kept else self._records.results.find(receipt.film_id)
        return grading.result if other is None else parse_result(other.document)

    def _is_stopped(self) -> bool:
        return self._alarms.is_stopped(self._scorer.facts.sha256)

    def _try(self, film_id: str, attempt: int) -> None:
        # A document that ended the first attempt must not end the others.
        keeper = replace(self._keeper, documents_ahead=attempt == 1)
        try:
            adopt_file(self._records, film_id)
            film = FilmFile(self._records.archive.film(film_id), self._limits)
            self._obey_note(film, film_id)
            _log(grade_film(film, self._scorer, film_id, keeper))
        except UndocumentedError:
            log.error("film_gone", film_id=film_id)
            self._fail(film_id, FILM_GONE)
        except (StoreError, NoSpaceError, OSError) as error:
            # A failure of this side, not of the film: it waits, and goes on by itself.
            log.error("grading_waits", film_id=film_id, type=type(error).__name__)
            films = self._records.films
            patiently(lambda: films.set_back(film_id, RETRY_DELAY_S), StoreError, self._stop)
        except Exception as error:  # noqa: BLE001 - whatever a library may raise
            log.error("grading_broke", film_id=film_id, type=type(error).__name__)
            self._records.films.put_off(film_id, RETRY_DELAY_S)

    def _go_on(self, film_id: str) -> None:
        """Do what is left of a film that was graded: another source came, or another header."""
        try:
            adopt_file(self._records, film_id)
            if follow_header(self._records, film_id, self._scorer, self._limits):
                return
        except UndocumentedError:
            log.error("film_gone", film_id=film_id)
        except (StoreError, NoSpaceError, OSError) as error:
            log.error("correction_waits", film_id=film_id, type=type(error).__name__)
            later = self._records.films.corrections.put_off
            patiently(lambda: later(film_id, RETRY_DELAY_S), StoreError, self._stop)
            return
        self._keeper.plan_missing(film_id)

    def _ask_for_priors(self, film_id: str) -> None:
        stored = self._records.results.find(film_id) if self._records.priors.on_arrivals else None
        if stored is not None and stored.document["status"] == "scored":
            self._records.priors.on_arrival(film_id)

    def _obey_note(self, note: FilmFile, film_id: str) -> None:
        """Withdraw what a rejection note of others rejects; before it counts as set aside."""
        header = note.header
        rejects = None if header is None or is_own(header) else rejected_instances(header)
        if rejects is None:
            return
        code, uids = rejects
        recorder = self._records.withdrawal_recorder()
        found = recorder.withdraw_named(uids, "rejection note", code, "Rejected in the archive.")
        log.info("rejection_note", film_id=film_id, withdrawn=len(found))

    def _fail(self, film_id: str, code: str) -> None:
        with self._records.database.write() as connection:
            self._records.films.failed(connection, film_id, code)

    def _kept(self, film_id: str, *, again: bool) -> SeverityResult | None:
        """Return the kept result that answers for a known film; None where it is to be graded."""
        followed = follow_header(self._records, film_id, self._scorer, self._limits, begun=True)
        stored = self._records.results.find(film_id)
        if followed and stored is None:
            return None
        if stored is not None and not again:
            kept = parse_result(stored.document)
            is_of_this_model = kept.model.sha256 == self._scorer.facts.sha256
            if is_of_this_model and not self._is_withdrawn(film_id):
                return kept
        with self._records.database.write() as connection:
            film = self._records.films.get(connection, film_id)
            if film is None:
                return None
            if film.state == "waiting":
                self._records.films.count_attempt(connection, film_id)
                return None
            if not is_reviewed(connection, film_id):
                self._records.withdrawals.replace(connection, film_id)
                self._records.films.start_over(connection, film_id, begun=True)
                return None
        if again or stored is None or self._is_withdrawn(film_id):
            raise ReviewedError(
                "Readers reviewed this result, so it stays. It is at GET /v1/results/{id}."
            )
        return parse_result(stored.document)

    def _is_withdrawn(self, film_id: str) -> bool:
        return self._records.withdrawals.standing(film_id) is not None


def _log(grading: FilmGrading) -> None:
    result = grading.result
    if grading.set_aside is not None:
        log.info("film_set_aside", film_id=grading.film_id, reason=grading.set_aside)
        return
    log.info(
        "film_graded",
        film_id=grading.film_id,
        status=result.status,
        error=result.error and result.error.code,
        timing_ms={name: round(ms, 1) for name, ms in result.timing_ms.items()},
    )
