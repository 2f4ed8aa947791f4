"""What has changed in the database since it was last asked, by whichever process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films, reviews

OVERLAP = timedelta(seconds=10)
"""A change is dated before it is committed, by a clock that may differ from this one."""


class Change(NamedTuple):
    """A film that came in, was graded, failed or was set aside; or one that was reviewed."""

    kind: Literal["film", "review"]
    id: str


class _Dated(NamedTuple):
    kind: Literal["film", "review"]
    id: str
    at: datetime

    @property
    def change(self) -> Change:
        return Change(self.kind, self.id)


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
        at = films.c.changed
        changed = sa.select(films.c.id, at.label("at")).where(at > since)
        at = reviews.c.created
        reviewed = sa.select(reviews.c.result_id.label("id"), at.label("at")).where(at > since)
        return [
            *self._database.rows(changed, partial(_Dated, "film")),
            *self._database.rows(reviewed, partial(_Dated, "review")),
        ]
