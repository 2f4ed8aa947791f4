"""What has changed in the database since it was last asked, by whichever process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.reading_tables import assignments
from radiograde.service.database.tables import deliveries, films, reviews, withdrawals

OVERLAP = timedelta(seconds=10)
"""A change is dated before it is committed, by a clock that may differ from this one."""


Kind = Literal["film", "review", "delivery"]


class Change(NamedTuple):
    """A film that came in, was graded, failed, set aside, assigned, reviewed, sent or withdrawn.

    ``patient``: the pseudonym, None where the film names nobody.
    """

    kind: Kind
    id: str
    patient: str | None = None


class _Dated(NamedTuple):
    kind: Kind
    id: str
    patient: str | None
    at: datetime

    @property
    def change(self) -> Change:
        return Change(self.kind, self.id, self.patient)


class ChangeLog:
    """Asks for changes again and again; for one thread at a time."""

    def __init__(self, database: Database) -> None:
        """Begin with what changes from now on."""
        self._database = database
        self._polled = self._began = datetime.now(UTC)
        self._reported: set[_Dated] | None = None

    def poll(self) -> list[Change]:
        """Return what has changed since it was last asked, oldest first, each change once.

        Raises:
            StoreError: the database does not answer; the next time covers this one.
        """
        now = datetime.now(UTC)
        found = sorted(self._dated(self._polled - OVERLAP), key=lambda dated: dated.at)
        if self._reported is None:
            fresh = [dated for dated in found if dated.at >= self._began]
        else:
            fresh = [dated for dated in found if dated not in self._reported]
        self._reported, self._polled = set(found), now
        return list(dict.fromkeys(dated.change for dated in fresh))

    def _dated(self, since: datetime) -> list[_Dated]:
        times: list[tuple[Kind, sa.FromClause, sa.Column[datetime]]] = [
            ("film", films, films.c.changed),
            (
                "film",
                films.join(withdrawals, withdrawals.c.result_id == films.c.id),
                withdrawals.c.created,
            ),
            (
                "film",
                films.join(assignments, assignments.c.film_id == films.c.id),
                assignments.c.at,
            ),
            ("review", films.join(reviews, reviews.c.result_id == films.c.id), reviews.c.created),
            ("delivery", films.join(deliveries), deliveries.c.updated),
        ]
        return [
            dated
            for kind, joined, at in times
            for dated in self._database.rows(
                sa.select(films.c.id, films.c.patient, at.label("at"))
                .select_from(joined)
                .where(at > since),
                partial(_Dated, kind),
            )
        ]
