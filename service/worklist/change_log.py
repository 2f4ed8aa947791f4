"""What has changed in the database since the last look, by whichever process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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


class ChangeLog:
    """Looks for changes again and again; for one thread at a time."""

    def __init__(self, database: Database) -> None:
        """Begin with what changes from now on."""
        self._database = database
        self._looked = self._began = datetime.now(UTC)
        self._told: set[tuple[Change, datetime]] | None = None

    def look(self) -> list[Change]:
        """Return what has changed since the look before, oldest first, each change once.

        Raises:
            StoreError: the database does not answer; the next look covers this one.
        """
        now = datetime.now(UTC)
        found = sorted(self._dated(self._looked - OVERLAP), key=lambda dated: dated[1])
        if self._told is None:
            fresh = [dated for dated in found if dated[1] >= self._began]
        else:
            fresh = [dated for dated in found if dated not in self._told]
        self._told, self._looked = set(found), now
        return list(dict.fromkeys(change for change, _ in fresh))

    def _dated(self, since: datetime) -> list[tuple[Change, datetime]]:
        changed = sa.select(films.c.id, films.c.changed).where(films.c.changed > since)
        reviewed = sa.select(reviews.c.result_id, reviews.c.created).where(
            reviews.c.created > since
        )
        return [
            *((Change("film", id), at) for id, at in self._database.read(changed)),
            *((Change("review", id), at) for id, at in self._database.read(reviewed)),
        ]
