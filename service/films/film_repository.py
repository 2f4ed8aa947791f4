"""The table of films: each one that came in, once, and what became of it.

A film and the work of grading it are recorded in one transaction. What is recorded together with
something else takes the connection of its caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.service.config.site import FilmSource
from radiograde.service.database.engine import Database
from radiograde.service.database.group_commit import GroupCommit
from radiograde.service.database.rows import columns_of, first_of, in_parts, rows_of
from radiograde.service.database.tables import (
    FilmState,
    deliveries,
    film_sources,
    films,
    results,
)
from radiograde.service.errors import ContradictionError, StoreError
from radiograde.service.films.correction_repository import CorrectionRepository
from radiograde.service.films.film_days import day_of
from radiograde.service.films.known_numbers import add_number
from radiograde.service.films.patient_number import PatientNumber
from radiograde.service.queue import REQUEST_S, WorkQueue


@dataclass(frozen=True, slots=True)
class NewFilm:
    """A film that comes in. ``key``: two films with the same one are the same film.

    ``patient``: pseudonym; ``number``: of the patient alone; ``acquired``: acquisition time, in the
    hospital's own time.
    ``sender``: AE title, name of a key or user, address, or watched folder. ``shares_uid_with``:
    the film that came before under the same SOP Instance UID, with other content.
    """

    id: str
    key: str
    source: FilmSource
    size: int
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None
    patient: str | None = None
    acquired: str | None = None
    study_instance_uid: str | None = None
    sender: str | None = None
    shares_uid_with: str | None = None
    number: PatientNumber | None = None


@dataclass(frozen=True, slots=True)
class Film:
    """A film that came in: a row of ``films``.

    ``source``: the first that it came by. ``reason``: code why it was set aside or failed.
    ``kept``: whether its bytes are still there. ``corrected``: sha256 of the file with a corrected
    header that its result is not of yet.
    """

    id: str
    key: str
    received: datetime
    source: FilmSource
    size: int
    sop_class_uid: str | None
    sop_instance_uid: str | None
    state: FilmState
    reason: str | None
    attempts: int
    kept: bool
    patient: str | None
    acquired: str | None
    changed: datetime
    sender: str | None
    study_instance_uid: str | None
    shares_uid_with: str | None
    corrected: str | None = None


@dataclass(frozen=True, slots=True)
class Expired:
    """A film that is kept longer than need be, when it first came, and its bytes."""

    id: str
    received: datetime
    size: int


@dataclass(frozen=True, slots=True)
class _FilmSource:
    source: FilmSource


FILMS = sa.select(*columns_of(films, Film))
"""The query for films, to be narrowed down."""


class FilmRepository:
    """Keeps the tables ``films`` and ``film_sources``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, queue: WorkQueue) -> None:
        self._database = database
        self._together = GroupCommit(database)
        self._queue = queue

    def known(self, key: str) -> Film | None:
        """Return the film that carries a key; None where there is none."""
        return self._database.first(FILMS.where(films.c.key == key), Film)

    def sharing_uid(self, sop_instance_uid: str) -> list[Film]:
        """Return the films that came under a SOP Instance UID after another, oldest first.

        Not those that could not be graded: sent again, they are accepted anew.
        """
        query = FILMS.where(
            films.c.sop_instance_uid == sop_instance_uid,
            films.c.key.startswith(f"sop:{sop_instance_uid}#", autoescape=True),
            films.c.state != "failed",
        )
        return self._database.rows(query.order_by(films.c.id), Film)

    def of_instances(self, sop_instance_uids: Collection[str]) -> list[Film]:
        """Return the films with these SOP Instance UIDs, in whatever state, oldest first."""
        return [
            film
            for some in in_parts(sop_instance_uids)
            for film in self._database.rows(
                FILMS.where(films.c.sop_instance_uid.in_(some)).order_by(films.c.id), Film
            )
        ]

    def get(self, connection: sa.Connection, film_id: str) -> Film | None:
        """Return a film, which nobody else changes until the transaction ends; None: no such."""
        return first_of(connection, FILMS.where(films.c.id == film_id).with_for_update(), Film)

    def instances(self, sop_class_uid: str, sop_instance_uid: str) -> list[str]:
        """Return the ids of the films with this class and UID that are recorded as kept."""
        query = sa.select(films.c.id).where(
            films.c.sop_instance_uid == sop_instance_uid,
            films.c.sop_class_uid == sop_class_uid,
            films.c.kept,
        )
        return self._database.values(query, str)

    def accept(self, film: NewFilm, *, begun: bool = False) -> bool:
        """Record a film and the work of grading it; False where its key is known.

        ``begun``: whoever took it in grades it at once; the work then waits for ``REQUEST_S``.
        """
        received = datetime.now(UTC)
        columns = {name: getattr(film, name) for name in NewFilm.__slots__ if name != "number"}
        row = columns | {
            "received": received,
            "day": day_of(film.acquired, received),
            "state": "waiting",
            "attempts": int(begun),
        }

        def record(connection: sa.Connection) -> None:
            connection.execute(sa.insert(films), row)
            _add_source(connection, film.id, film.source)
            add_number(connection, film.patient, film.number)
            delay_s = REQUEST_S if begun else 0.0
            last = film.source == "prior"
            self._queue.grade(connection, film.id, delay_s=delay_s, last=last)

        try:
            self._together.run(record)
        except ContradictionError as error:
            if self.known(film.key) is None:
                raise StoreError("The film cannot be recorded. Send it again.") from error
            return False
        return True

    def add_source(self, film_id: str, source: FilmSource) -> None:
        """Record that a film came by another source, which may have destinations of its own.

        Of one that was graded before, a worker then plans the deliveries that are missing. A prior
        that is sent after all is a film like any other.
        """
        if source in self.sources_of(film_id):
            return
        with self._database.write() as connection:
            film = self.get(connection, film_id)
            if film is None or source in self.sources(connection, film_id):
                return
            _add_source(connection, film_id, source)
            if film.source == "prior":
                own = sa.update(films).where(films.c.id == film_id)
                connection.execute(own.values(source=source))
            if film.state == "graded":
                self._queue.grade(connection, film_id, again=True)

    def sources(self, connection: sa.Connection, film_id: str) -> set[FilmSource]:
        """Return all sources that a film came by."""
        return {film.source for film in rows_of(connection, _sources_of(film_id), _FilmSource)}

    def sources_of(self, film_id: str) -> set[FilmSource]:
        """Return all sources that a film came by so far."""
        return {film.source for film in self._database.rows(_sources_of(film_id), _FilmSource)}

    def was_begun(self, film_id: str) -> bool:
        """Return whether a film waits although its grading was begun."""
        begun = sa.and_(films.c.id == film_id, films.c.state == "waiting", films.c.attempts > 0)
        return self._database.exists(sa.select(films.c.id).where(begun))

    def begin(self, film_id: str) -> int | None:
        """Count one more attempt at grading and return its number; None if nothing is to do."""
        with self._database.write() as connection:
            self.count_attempt(connection, film_id)
            query = sa.select(films.c.attempts).where(
                films.c.id == film_id, films.c.state == "waiting"
            )
            attempts: int | None = connection.execute(query).scalar()
        return attempts

    def count_attempt(self, connection: sa.Connection, film_id: str) -> None:
        """Count one more attempt at grading a film that waits."""
        count = {"attempts": films.c.attempts + 1, **_UNCHANGED}
        connection.execute(_waiting(film_id).values(count))

    def graded(self, connection: sa.Connection, film_id: str, sha256: str | None = None) -> bool:
        """Mark a film that waits as graded; False where it does not wait.

        ``sha256``: of the file that was graded; False also where a corrected header has come since.
        """
        done = _of_file(_waiting(film_id), sha256).values(state="graded", corrected=None)
        return connection.execute(done).rowcount > 0

    def failed(
        self, connection: sa.Connection, film_id: str, code: str, sha256: str | None = None
    ) -> bool:
        """Mark a film that waits as one that cannot be graded; False as of :meth:`graded`.

        Its key is free again: sent anew, and whole this time, it is another film.
        """
        mark = f"#{film_id}"
        freed = sa.case((films.c.key.endswith(mark), films.c.key), else_=films.c.key + mark)
        values = {"state": "failed", "reason": code, "key": freed, "corrected": None}
        done = _of_file(_waiting(film_id), sha256).values(values)
        return connection.execute(done).rowcount > 0

    def set_aside(
        self, connection: sa.Connection, film_id: str, code: str, sha256: str | None = None
    ) -> bool:
        """Mark a film that waits as one that is kept and not graded; False as :meth:`graded`."""
        values = {"state": "set_aside", "reason": code, "corrected": None}
        done = _of_file(_waiting(film_id), sha256).values(values)
        return connection.execute(done).rowcount > 0

    @property
    def corrections(self) -> CorrectionRepository:
        """What records that films came again with a corrected header."""
        return CorrectionRepository(self._database, self._queue)

    def start_over(self, connection: sa.Connection, film_id: str, *, begun: bool = False) -> None:
        """Have a film wait as if it had never been graded, and record the work.

        Its result is removed. ``begun``: as of :meth:`accept`.
        """
        connection.execute(sa.delete(results).where(results.c.id == film_id))
        again = sa.update(films).where(films.c.id == film_id)
        connection.execute(again.values(state="waiting", reason=None, attempts=int(begun)))
        delay_s = REQUEST_S if begun else 0.0
        self._queue.grade(connection, film_id, again=True, delay_s=delay_s)

    def put_off(self, film_id: str, delay_s: float) -> None:
        """Record that a film that waits is to be graded again, after a delay."""
        query = sa.select(films.c.id).where(films.c.id == film_id, films.c.state == "waiting")
        with self._database.write() as connection:
            if connection.execute(query).first() is not None:
                self._queue.grade(connection, film_id, again=True, delay_s=delay_s)

    def set_back(self, film_id: str, delay_s: float) -> None:
        """Record that an attempt came to nothing by no fault of the film; it does not count."""
        uncounted = {"attempts": films.c.attempts - 1, **_UNCHANGED}
        with self._database.write() as connection:
            if connection.execute(_waiting(film_id).values(uncounted)).rowcount:
                self._queue.grade(connection, film_id, again=True, delay_s=delay_s)

    def expired(
        self,
        age: timedelta,
        limit: int = 500,
        after: Expired | None = None,
        state: FilmState | None = None,
    ) -> list[Expired]:
        """Return kept films with nothing left to do that last came longer than ``age`` ago.

        The first to come first; ``after``: those behind this one; ``state``: those in it alone.
        """
        query = sa.select(*columns_of(films, Expired)).where(_expired(age))
        if state is not None:
            query = query.where(films.c.state == state)
        if after is not None:
            place = sa.tuple_(films.c.received, films.c.id)
            query = query.where(
                place
                > sa.tuple_(sa.literal(after.received, films.c.received.type), sa.literal(after.id))
            )
        query = query.order_by(films.c.received, films.c.id).limit(limit)
        return self._database.rows(query, Expired)

    def size_of(self, state: FilmState) -> int:
        """Return how many bytes the kept films in a state have."""
        size = sa.select(sa.func.coalesce(sa.func.sum(films.c.size), 0))
        return self._database.values(size.where(films.c.kept, films.c.state == state), int)[0]

    def keep_again(self, film: Film) -> None:
        """Record that a film came again: from now on it is kept as long as a new one."""
        values = {"kept": True, "sent": datetime.now(UTC)}
        unchanged = _UNCHANGED if film.kept else {}
        with self._database.write() as connection:
            again = sa.update(films).where(films.c.id == film.id)
            connection.execute(again.values(**values, **unchanged))

    def let_go(
        self, film_ids: Sequence[str], drop: Callable[[str], object], age: timedelta = timedelta(0)
    ) -> int:
        """Drop the bytes of those of the films that are still expired; return how many.

        One that comes again meanwhile waits for the end of the transaction, and is kept anew.
        """
        with self._database.write() as connection:
            gone = sa.update(films).where(films.c.id.in_(film_ids), _expired(age))
            dropped = connection.scalars(
                gone.values(kept=False, **_UNCHANGED).returning(films.c.id)
            ).all()
            for film_id in dropped:
                drop(film_id)
        return len(dropped)

    def mark_gone(self, film_ids: Sequence[str]) -> None:
        """Record that the bytes of these films are not there; who sends one again is believed."""
        with self._database.write() as connection:
            for film_id in film_ids:
                gone = sa.update(films).where(films.c.id == film_id)
                connection.execute(gone.values(kept=False))

    def unknown(self, film_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that no film and no result has."""
        known: set[str] = set()
        for table in (films, results):
            query = sa.select(table.c.id).where(table.c.id.in_(film_ids))
            known |= set(self._database.values(query, str))
        return set(film_ids) - known


_UNCHANGED = {"changed": films.c.changed}
"""Of an update that whoever watches the worklist need not hear of."""


def _expired(age: timedelta) -> sa.ColumnElement[bool]:
    unsent = sa.exists().where(
        deliveries.c.film_id == films.c.id, deliveries.c.state != "delivered"
    )
    since = datetime.now(UTC) - age
    return sa.and_(
        films.c.kept,
        films.c.state != "waiting",
        films.c.received < since,
        sa.or_(films.c.sent.is_(None), films.c.sent < since),
        sa.not_(unsent.correlate(films)),
    )


def _waiting(film_id: str) -> sa.Update:
    """Return an update that touches the film only while it waits: work done twice counts once."""
    return sa.update(films).where(films.c.id == film_id, films.c.state == "waiting")


def _of_file(update: sa.Update, sha256: str | None) -> sa.Update:
    """Return an update that leaves a film alone of which another file is to be graded."""
    if sha256 is None:
        return update
    return update.where(sa.or_(films.c.corrected.is_(None), films.c.corrected == sha256))


def _sources_of(film_id: str) -> sa.Select[Any]:
    return sa.select(*columns_of(film_sources, _FilmSource)).where(
        film_sources.c.film_id == film_id
    )


def _add_source(connection: sa.Connection, film_id: str, source: FilmSource) -> None:
    connection.execute(sa.insert(film_sources), {"film_id": film_id, "source": source})
