"""A patient's films by acquisition time, and what changed between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

from pydantic import Field

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.films.previous_score import hospital_time
from radiograde.service.films.regrading_repository import RegradingRepository, ResultBeside
from radiograde.service.films.score_change import Change, RepeatabilityLimit, Score, compare
from radiograde.service.projects.film_access import EVERY_FILM, FilmAccess
from radiograde.service.result_schema import Schema, Severity, Ulid
from radiograde.service.reviews.review import Review
from radiograde.service.reviews.review_repository import ReviewRepository
from radiograde.service.reviews.withdrawal_repository import WithdrawalRepository
from radiograde.service.worklist import query
from radiograde.service.worklist.listed_film import (
    GlobalScore,
    RowReview,
    Status,
    StoredFilm,
    review_of,
    with_result,
    without_result,
)
from radiograde.service.worklist.machines import Machines

MOST_FILMS = 200


class HistoryFilm(Schema):
    """One of a patient's films."""

    id: Ulid
    taken: str | None = Field(description="Acquisition time, as in the worklist")
    received: str = Field(description="In UTC")
    status: Status
    view: str | None
    severity: Severity | None
    brixia: GlobalScore | None
    kept: bool
    machine: str | None = Field(
        description="The same for films of one maker, model and station; null where the header "
        "names none, or the film is no longer kept",
        examples=["3fa9c01b"],
    )
    prior: bool = Field(description="Whether it was fetched from the PACS as an earlier film")
    review: RowReview | None
    change: Change | None = Field(description="Since the scored film before")
    since_first: Change | None = Field(
        description="Since the first scored film; null for this and for the one after it"
    )
    regraded: bool = Field(
        False, description="Its score is by the model in service, and its own result by another"
    )
    other_model: bool = Field(
        False, description="Its score is by another model than the course over time is drawn by"
    )
    unread: bool = Field(False, description="The caller is to grade it before its scores are shown")


class PatientHistory(Schema):
    """A patient's films, oldest first."""

    repeatability: float | None = Field(
        description="Change of the score that the model in service does not exceed in 95 of 100 "
        "cases when nothing has changed"
    )
    films: list[HistoryFilm]


class History:
    """Finds films of the same patient, by pseudonym and by what was merged; safe among threads.

    ``machines``: without them no film says which machine took it.
    """

    def __init__(
        self,
        database: Database,
        reviews: ReviewRepository,
        limit: Callable[[], RepeatabilityLimit],
        machines: Machines | None = None,
    ) -> None:
        self._database = database
        self._machines = machines
        self._reviews = reviews
        self._limit = limit
        self._links = PatientLinks(database)
        self._withdrawals = WithdrawalRepository(database)
        self._regradings = RegradingRepository(database)

    def of(self, film_id: str, access: FilmAccess = EVERY_FILM) -> PatientHistory:
        """Return the patient's films within an access, oldest first, the film itself among them.

        They are ordered by acquisition time, else by arrival. Withdrawn results do not count. At
        most the last ``MOST_FILMS`` that came in are listed. A film of nobody, or of a placeholder,
        has itself alone.

        Raises:
            NotFoundError: there is no such film, or it was set aside.
            StoreError: the database does not answer.
        """
        holding = self._holding(self._films(film_id, access), film_id)
        limit = self._limit()
        films = self._by_one_model(sorted(_once(holding, film_id), key=_acquired), limit)
        reviews = self._reviews.newest(film.id for film, _ in films)
        compared = _compared(films, reviews, limit, self._machine_of)
        return PatientHistory(repeatability=limit.repeatability, films=list(compared))

    def _by_one_model(
        self, films: Sequence[StoredFilm], limit: RepeatabilityLimit
    ) -> list[tuple[StoredFilm, bool]]:
        """Return films with the score of the model in service, where they were graded again.

        Beside each: whether it was.
        """
        model = limit.model_sha256
        others = [film.id for film in films if film.brixia and film.model_sha256 != model]
        beside = self._regradings.of_films(others, model) if others else {}
        return [
            (with_result(film, document), True)
            if (document := _scored_beside(beside.get(film.id)))
            else (film, False)
            for film in films
        ]

    def _holding(self, films: Sequence[StoredFilm], film_id: str) -> list[StoredFilm]:
        """Return films without those whose result was withdrawn; the one asked for loses it."""
        withdrawn = self._withdrawals.standing_of(film.id for film in films)
        return [
            without_result(film) if film.id in withdrawn else film
            for film in films
            if film.id not in withdrawn or film.id == film_id
        ]

    def _machine_of(self, film: StoredFilm) -> str | None:
        return self._machines.of(film.id) if self._machines and film.kept else None

    def _films(self, film_id: str, access: FilmAccess) -> Sequence[StoredFilm]:
        own = self._database.first(query.films_with([film_id]), StoredFilm)
        if own is None:
            raise NotFoundError("No film has this id. GET /v1/worklist lists those that came in.")
        if own.patient is None:
            return [own]
        patients = self._links.same_as(own.patient)
        found = self._database.rows(query.films_of(patients, MOST_FILMS, access), StoredFilm)
        return found if any(film.id == film_id for film in found) else [*found, own]


def _once(films: Sequence[StoredFilm], film_id: str) -> Iterable[StoredFilm]:
    """Return films so that an instance which came again counts once.

    The film that is asked for stands for its own instance, else the last to be scored.
    """
    last: dict[str, StoredFilm] = {}
    for film in sorted(films, key=lambda film: (film.id == film_id, bool(film.severity), film.id)):
        last[film.sop_instance_uid or film.id] = film
    return last.values()


def _compared(
    films: Sequence[tuple[StoredFilm, bool]],
    reviews: Mapping[str, Review],
    limit: RepeatabilityLimit,
    machine_of: Callable[[StoredFilm], str | None],
) -> Iterable[HistoryFilm]:
    first: Score | None = None
    before: Score | None = None
    course = _model_of_course([film for film, _ in films], limit)
    for film, regraded in films:
        brixia = film.brixia
        score = None if brixia is None else Score(film.id, brixia.value, film.model_sha256)
        change = compare(before, score, limit) if before and score else None
        since_first = compare(first, score, limit) if first and score and before != first else None
        first, before = first or score, score or before
        yield HistoryFilm(
            id=film.id,
            taken=film.acquired,
            received=film.received.astimezone(UTC).isoformat(),
            status=film.status,
            view=film.view,
            severity=film.severity,
            brixia=brixia,
            kept=film.kept,
            machine=machine_of(film),
            prior=film.source == "prior",
            review=review_of(reviews.get(film.id)),
            change=change,
            since_first=since_first,
            regraded=regraded,
            other_model=score is not None and score.model_sha256 != course,
        )


def _scored_beside(beside: ResultBeside | None) -> Mapping[str, Any] | None:
    return beside.document if beside and beside.document.get("scores") else None


def _model_of_course(films: Sequence[StoredFilm], limit: RepeatabilityLimit) -> str | None:
    """Return whose scores are drawn over time: the model in service, else that of the last one."""
    models = [film.model_sha256 for film in films if film.brixia is not None]
    return models[-1] if models and limit.model_sha256 not in models else limit.model_sha256


def _acquired(film: StoredFilm) -> tuple[str, str]:
    """Return what films are sorted by: hospital time, for which this computer's clock stands in."""
    return hospital_time(film.acquired, film.received), film.id
