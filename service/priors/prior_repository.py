"""The table of fetches: for each study of a patient, what became of fetching its priors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from radiograde.model.errors import NotFoundError, RadiogradeError
from radiograde.service.config.archives import PriorsConfig
from radiograde.service.database.engine import Database
from radiograde.service.database.pacs_tables import PriorState, prior_fetches
from radiograde.service.database.rows import columns_of, first_of
from radiograde.service.database.tables import films
from radiograde.service.errors import ContradictionError
from radiograde.service.queue import WorkQueue


@dataclass(frozen=True, slots=True)
class PriorFetch:
    """What fetching the priors of a film has come to.

    ``film_id``: for which they were asked; once for all films of its study. ``patient``:
    pseudonym. ``films``: how many came. ``attempts``: those that ended. ``starts``: those begun
    since, the present one among them. ``error``: a code, ``nothing_found`` too.
    """

    film_id: str
    patient: str
    study_instance_uid: str
    state: PriorState
    attempts: int
    starts: int
    begun: datetime
    films: int
    error: str | None
    message: str | None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON types."""
        return {
            "state": self.state,
            "films": self.films,
            "error": self.error,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class _Subject:
    patient: str | None
    study_instance_uid: str | None
    source: str


_FETCHES = sa.select(*columns_of(prior_fetches, PriorFetch))


class PriorRepository:
    """Keeps the table ``prior_fetches``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, queue: WorkQueue, rules: PriorsConfig) -> None:
        self._database = database
        self._queue = queue
        self.rules = rules

    @property
    def on_arrivals(self) -> bool:
        """Whether the priors of each film that was scored are to be fetched."""
        return bool(self.rules.pacs) and self.rules.when == "arrival"

    def on_arrival(self, film_id: str) -> None:
        """Have the priors of a film that was scored fetched; a prior has none in turn.

        Once a corrected header names another patient or study, its priors are.
        """
        subject = self._subject(film_id)
        if subject.source != "prior":
            self._plan(film_id, subject)

    def ask(self, film_id: str) -> PriorFetch | None:
        """Have the priors of a film fetched, once; what failed is begun anew.

        Return what becomes of it; None where no PACS is asked, or the film names nobody.

        Raises:
            NotFoundError: there is no such film.
        """
        subject = self._subject(film_id)
        if not self.rules.pacs or subject.patient is None:
            return None
        fetch = self._of(subject)
        if fetch is None:
            self._plan(film_id, subject)
        elif fetch.state == "failed":
            self._start_over(fetch, film_id)
        return self._of(subject)

    def of_film(self, film_id: str) -> PriorFetch | None:
        """Return what became of the priors of a film's study; None where they were not asked for.

        Raises:
            NotFoundError: there is no such film.
        """
        return self._of(self._subject(film_id))

    def begin(self, film_id: str) -> PriorFetch | None:
        """Count that a fetch that waits is begun, and return it; None where none waits."""
        one = _waiting(film_id)
        with self._database.write() as connection:
            begun = sa.update(prior_fetches).where(one)
            connection.execute(begun.values(starts=prior_fetches.c.starts + 1))
            return first_of(connection, _FETCHES.where(one), PriorFetch)

    def go_on(self, film_id: str) -> None:
        """Have a fetch that waits begun, since nobody is at work on it."""
        with self._database.write() as connection:
            fetch = first_of(connection, _FETCHES.where(_waiting(film_id)), PriorFetch)
            if fetch is not None:
                self._queue.fetch_priors(
                    connection, film_id, attempt=fetch.attempts + 1, again=True
                )

    def done(self, fetch: PriorFetch, films: int, remark: RadiogradeError | None = None) -> None:
        """Record that all that was to be had is here. ``remark``: what was not, and why."""
        values = {"state": "done", "films": films, **_words(remark)}
        self._end(fetch, values)

    def failed(self, fetch: PriorFetch, error: RadiogradeError) -> None:
        """Record a failed attempt that was the last one."""
        self._end(fetch, {"state": "failed", **_words(error)})

    def put_off(self, fetch: PriorFetch, error: RadiogradeError, delay_s: float) -> None:
        """Record a failed attempt, and the next one after a back-off."""
        self._end(fetch, _words(error), delay_s)

    def set_back(self, fetch: PriorFetch, delay_s: float) -> None:
        """Record that an attempt came to nothing by no fault of the PACS; it does not count."""
        with self._database.write() as connection:
            back = sa.update(prior_fetches).where(_waiting(fetch.film_id))
            if connection.execute(back.values(starts=0)).rowcount:
                attempt = fetch.attempts + 1
                self._queue.fetch_priors(
                    connection, fetch.film_id, attempt=attempt, again=True, delay_s=delay_s
                )

    def _end(
        self, fetch: PriorFetch, values: Mapping[str, Any], delay_s: float | None = None
    ) -> None:
        same = sa.and_(
            _waiting(fetch.film_id),
            prior_fetches.c.attempts == fetch.attempts,
            prior_fetches.c.patient == fetch.patient,
            prior_fetches.c.study_instance_uid == fetch.study_instance_uid,
        )
        attempts = fetch.attempts + 1
        now = datetime.now(UTC)
        with self._database.write() as connection:
            ended = sa.update(prior_fetches).where(same)
            row = {**values, "attempts": attempts, "starts": 0, "updated": now}
            if connection.execute(ended.values(row)).rowcount and delay_s is not None:
                self._queue.fetch_priors(
                    connection, fetch.film_id, attempt=attempts + 1, delay_s=delay_s
                )

    def _subject(self, film_id: str) -> _Subject:
        query = sa.select(*columns_of(films, _Subject)).where(films.c.id == film_id)
        found = self._database.first(query, _Subject)
        if found is None:
            raise NotFoundError("No film has this id.")
        return found

    def _of(self, subject: _Subject) -> PriorFetch | None:
        query = _FETCHES.where(
            prior_fetches.c.patient == subject.patient,
            prior_fetches.c.study_instance_uid == (subject.study_instance_uid or ""),
        )
        return self._database.first(query, PriorFetch)

    def _plan(self, film_id: str, subject: _Subject) -> None:
        if subject.patient is None or self._of(subject) is not None:
            return
        now = datetime.now(UTC)
        row = {
            "film_id": film_id,
            "patient": subject.patient,
            "study_instance_uid": subject.study_instance_uid or "",
            "state": "waiting",
            "attempts": 0,
            "starts": 0,
            "begun": now,
            "updated": now,
            "films": 0,
        }
        try:
            with self._database.write() as connection:
                again = _forget(connection, film_id)
                connection.execute(sa.insert(prior_fetches), row)
                self._queue.fetch_priors(connection, film_id, attempt=1, again=again)
        except ContradictionError:
            # Another film of the study asked at the same moment.
            if self._of(subject) is None:
                raise

    def _start_over(self, fetch: PriorFetch, film_id: str) -> None:
        """Begin a failed fetch anew, for another film of the study perhaps."""
        now = datetime.now(UTC)
        failed = sa.and_(
            prior_fetches.c.film_id == fetch.film_id, prior_fetches.c.state == "failed"
        )
        row = {"film_id": film_id, "state": "waiting", "begun": now, "updated": now}
        with self._database.write() as connection:
            if film_id != fetch.film_id:
                _forget(connection, film_id)
            again = sa.update(prior_fetches).where(failed).values(row)
            if connection.execute(again).rowcount:
                attempt = fetch.attempts + 1
                self._queue.fetch_priors(connection, film_id, attempt=attempt, again=True)


def _waiting(film_id: str) -> sa.ColumnElement[bool]:
    return sa.and_(prior_fetches.c.film_id == film_id, prior_fetches.c.state == "waiting")


def _forget(connection: sa.Connection, film_id: str) -> bool:
    """Remove what was asked for a film when it named another patient or study; whether it was."""
    former = sa.delete(prior_fetches).where(prior_fetches.c.film_id == film_id)
    return connection.execute(former).rowcount > 0


def _words(error: RadiogradeError | None) -> dict[str, str | None]:
    if error is None:
        return {"error": None, "message": None}
    return {"error": error.code, "message": error.message}
