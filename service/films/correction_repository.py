"""The part of the table of films that tells of corrected headers, IHE PIR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of, first_of
from radiograde.service.database.tables import films
from radiograde.service.films.film_days import day_of
from radiograde.service.films.known_numbers import add_number
from radiograde.service.films.patient_number import PatientNumber
from radiograde.service.queue import REQUEST_S, WorkQueue


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """What is recorded of a film's header. ``patient``: pseudonym. ``size``: of the file, bytes."""

    size: int
    sop_class_uid: str | None
    patient: str | None
    acquired: str | None
    study_instance_uid: str | None


@dataclass(frozen=True, slots=True)
class _Film:
    state: str
    received: datetime
    corrected: str | None


class CorrectionRepository:
    """Keeps ``films.corrected``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, queue: WorkQueue) -> None:
        self._database = database
        self._queue = queue

    def add(
        self,
        film_id: str,
        facts: HeaderFacts,
        sha256: str,
        number: PatientNumber | None = None,
        *,
        begun: bool = False,
    ) -> bool:
        """Record that a film came again with a corrected header, and the work of following it.

        ``sha256``: of the file that brought it. ``number``: of its patient. ``begun``: whoever
        took it in follows it at once; the work then waits for ``REQUEST_S``. Return False where
        there is nothing to correct: the film was set aside, or could not be graded.
        """
        with self._database.write() as connection:
            film = _locked(connection, film_id)
            if film is None or film.state not in ("waiting", "graded"):
                return False
            values = {one.name: getattr(facts, one.name) for one in fields(facts)}
            values |= {"day": day_of(facts.acquired, film.received), "corrected": sha256}
            corrected = sa.update(films).where(films.c.id == film_id)
            connection.execute(corrected.values(**values, kept=True, attempts=0))
            add_number(connection, facts.patient, number)
            delay_s = REQUEST_S if begun else 0.0
            self._queue.grade(connection, film_id, again=True, delay_s=delay_s)
        return True

    def adopt(self, film_id: str, adopt: Callable[[str, str], None]) -> None:
        """Have the file with the corrected header adopted, while no other correction comes."""
        with self._database.write() as connection:
            film = _locked(connection, film_id)
            if film is not None and film.corrected is not None:
                adopt(film_id, film.corrected)

    def is_open(self, film_id: str) -> bool:
        """Return whether a film was graded before its header was corrected."""
        return self._database.exists(
            sa.select(films.c.id).where(
                films.c.id == film_id, films.c.state == "graded", films.c.corrected.is_not(None)
            )
        )

    def put_off(self, film_id: str, delay_s: float) -> None:
        """Have a corrected header followed after a delay."""
        with self._database.write() as connection:
            self._queue.grade(connection, film_id, again=True, delay_s=delay_s)

    def close(self, connection: sa.Connection, film_id: str, sha256: str) -> bool:
        """Record that the result is of the file with this hash; False where it is another now.

        In a transaction that its caller ends.
        """
        done = sa.update(films).where(films.c.id == film_id, films.c.corrected == sha256)
        return connection.execute(done.values(corrected=None)).rowcount > 0


def _locked(connection: sa.Connection, film_id: str) -> _Film | None:
    query = sa.select(*columns_of(films, _Film)).where(films.c.id == film_id).with_for_update()
    return first_of(connection, query, _Film)
