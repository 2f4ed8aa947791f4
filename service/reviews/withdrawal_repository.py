"""The tables of withdrawals, and of what destinations were sent and may have to reject."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime

import sqlalchemy as sa
from ulid import ULID

from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of, first_of, in_parts
from radiograde.service.database.tables import (
    WithdrawalCode,
    films,
    results,
    sent_objects,
    withdrawals,
)
from radiograde.service.reviews.withdrawal import SentObject, Withdrawal

REPLACED = "Graded again."
"""The reason where another result takes the place of one that was sent."""

CORRECTED = "Patient, order or time of the film were corrected."
"""The reason where the film came again with another header."""

_WITHDRAWALS = sa.select(*columns_of(withdrawals, Withdrawal))
_SENT_EVER = sa.select(*columns_of(sent_objects, SentObject))
_SENT = _SENT_EVER.where(sa.not_(sent_objects.c.rejected))


class WithdrawalRepository:
    """Keeps ``withdrawals`` and ``sent_objects``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        connection: sa.Connection,
        result_id: str,
        by: str,
        code: WithdrawalCode,
        reason: str,
        *,
        stands: bool = True,
    ) -> Withdrawal:
        """Record a withdrawal in a transaction that its caller ends, and return it."""
        made = Withdrawal(str(ULID()), result_id, datetime.now(UTC), by, code, reason, stands)
        row = {name: getattr(made, name) for name in Withdrawal.__slots__}
        connection.execute(sa.insert(withdrawals), row)
        return made

    def standing(self, result_id: str) -> Withdrawal | None:
        """Return the withdrawal that a result is under; None where it holds."""
        return self._database.first(_standing([result_id]), Withdrawal)

    def standing_of(self, result_ids: Iterable[str]) -> dict[str, Withdrawal]:
        """Return those of the results that are withdrawn."""
        return {
            one.result_id: one
            for some in in_parts(result_ids)
            for one in self._database.rows(_standing(some), Withdrawal)
        }

    def standing_in(self, connection: sa.Connection, result_id: str) -> Withdrawal | None:
        """Return the same as :meth:`standing`, which stays so until the transaction ends."""
        _lock(connection, [result_id])
        return first_of(connection, _standing([result_id]), Withdrawal)

    def of(self, result_id: str) -> list[Withdrawal]:
        """Return every withdrawal of a film's results, the last first."""
        query = _WITHDRAWALS.where(withdrawals.c.result_id == result_id)
        return self._database.rows(query.order_by(withdrawals.c.id.desc()), Withdrawal)

    def replace(self, connection: sa.Connection, film_id: str, reason: str = REPLACED) -> None:
        """Record that a film is graded anew: what was withdrawn is no longer, what was sent is.

        In a transaction that its caller ends.
        """
        _lock(connection, [film_id])
        again = sa.update(withdrawals).where(
            withdrawals.c.result_id == film_id, withdrawals.c.stands
        )
        was_withdrawn = connection.execute(again.values(stands=False)).rowcount > 0
        sent = _SENT.where(sent_objects.c.film_id == film_id)
        if not was_withdrawn and connection.execute(sent.limit(1)).first() is not None:
            code: WithdrawalCode = "worklist_entry" if reason == CORRECTED else "quality"
            self.add(connection, film_id, "Radiograde", code, reason, stands=False)

    def sending(self, objects: Collection[SentObject]) -> bool:
        """Record what is about to be sent; before it is, so that nothing sent goes unknown.

        What was sent under the same name before, and perhaps rejected, is replaced by it. Return
        False, and record nothing, where a result was withdrawn, or graded again, since its
        objects were made.
        """
        with self._database.write() as connection:
            if not _hold(connection, objects):
                return False
            _record(connection, objects)
        return True

    def were_sent(self, objects: Collection[SentObject]) -> None:
        """Record what was sent by a version that kept no record."""
        with self._database.write() as connection:
            _record(connection, objects)

    def sent_to(self, film_id: str, destination: str) -> list[SentObject]:
        """Return what a destination has of a film, the first sent first."""
        query = _SENT.where(
            sent_objects.c.film_id == film_id, sent_objects.c.destination == destination
        )
        return self._database.rows(query.order_by(sent_objects.c.sent), SentObject)

    def was_sent(self, film_id: str) -> bool:
        """Return whether anything is recorded as sent of a film, to whatever destination."""
        return self._database.exists(
            sa.select(sent_objects.c.name).where(sent_objects.c.film_id == film_id)
        )

    def reports_before(self, film_id: str, began: datetime) -> list[SentObject]:
        """Return the reports (SR) that any destination has or had of earlier results of a film."""
        query = _SENT_EVER.where(sent_objects.c.film_id == film_id, sent_objects.c.kind == "sr")
        found = self._database.rows(query.order_by(sent_objects.c.sent), SentObject)
        return [one for one in found if one.began < began]

    def rejected(self, objects: Collection[SentObject]) -> None:
        """Record that a destination was told to reject objects."""
        with self._database.write() as connection:
            for one in objects:
                done = sa.update(sent_objects).where(_is(one))
                connection.execute(done.values(rejected=True))

    def results_named(self, uids: Collection[str]) -> list[str]:
        """Return the results of films with these SOP Instance UIDs, or of which these were sent."""
        both = results.join(films, films.c.id == results.c.id)
        named = films.c.sop_instance_uid.in_(uids)
        of_films = sa.select(results.c.id).select_from(both).where(named)
        of_sent = sa.select(sent_objects.c.film_id).where(
            sent_objects.c.name.in_(uids), sa.not_(sent_objects.c.rejected)
        )
        found = {*self._database.values(of_films, str), *self._database.values(of_sent, str)}
        return sorted(found)


def _lock(connection: sa.Connection, film_ids: Collection[str]) -> None:
    """Have whoever else sends, withdraws or replaces results of these films wait."""
    connection.execute(
        sa.select(films.c.id).where(films.c.id.in_(film_ids)).with_for_update()
    ).all()


def _hold(connection: sa.Connection, objects: Collection[SentObject]) -> bool:
    """Return whether the results still hold that objects were made of."""
    made = {(one.film_id, one.began) for one in objects}
    film_ids = {film_id for film_id, _ in made}
    _lock(connection, film_ids)
    withdrawn = sa.and_(withdrawals.c.result_id == results.c.id, withdrawals.c.stands)
    holding = sa.select(results.c.id, results.c.created).outerjoin(withdrawals, withdrawn)
    found = connection.execute(
        holding.where(results.c.id.in_(film_ids), withdrawals.c.id.is_(None))
    )
    return made <= {(row.id, row.created) for row in found}


def _record(connection: sa.Connection, objects: Collection[SentObject]) -> None:
    # A FHIR resource has one name in every version of FHIR.
    different = {(one.film_id, one.destination, one.name): one for one in objects}.values()
    rows = [{name: getattr(one, name) for name in SentObject.__slots__} for one in different]
    if rows:
        connection.execute(sa.delete(sent_objects).where(sa.or_(*map(_is, different))))
        connection.execute(sa.insert(sent_objects), rows)


def _standing(result_ids: Collection[str]) -> sa.Select[tuple[object, ...]]:
    return _WITHDRAWALS.where(withdrawals.c.result_id.in_(result_ids), withdrawals.c.stands)


def _is(one: SentObject) -> sa.ColumnElement[bool]:
    return sa.and_(
        sent_objects.c.film_id == one.film_id,
        sent_objects.c.destination == one.destination,
        sent_objects.c.name == one.name,
    )
