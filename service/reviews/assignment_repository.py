"""The table of assignments: who is to read a film."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.reading_tables import assignments
from radiograde.service.database.rows import in_parts
from radiograde.service.errors import ContradictionError
from radiograde.service.reviews.assigned_error import AssignedError


class AssignmentRepository:
    """Keeps ``assignments``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def assign(self, film_id: str, reader: str | None, by: str, *, over_others: bool) -> None:
        """Have a reader read a film; None releases it.

        ``over_others``: also where it is another's than ``by``.

        Raises:
            AssignedError: it is another's, or somebody took it at the same moment.
        """
        row = {"reader": reader, "by": by, "at": datetime.now(UTC)}
        mine = assignments.c.film_id == film_id
        try:
            with self._database.write() as connection:
                held = connection.execute(_HOLDERS.where(mine).with_for_update()).first()
                if held is None:
                    connection.execute(sa.insert(assignments), {"film_id": film_id, **row})
                    return
                if held.reader not in (None, by) and not over_others:
                    raise AssignedError(f"The film is assigned to {held.reader}.")
                connection.execute(sa.update(assignments).where(mine).values(row))
        except ContradictionError as error:
            raise AssignedError("Somebody took the film at this moment.") from error

    def readers_of(self, film_ids: Iterable[str]) -> dict[str, str]:
        """Return the reader of each of these films that has one."""
        found: dict[str, str] = {}
        with self._database.reading() as connection:
            for some in in_parts(film_ids):
                query = _HOLDERS.where(
                    assignments.c.film_id.in_(some), assignments.c.reader.is_not(None)
                )
                found |= {row.film_id: row.reader for row in connection.execute(query)}
        return found


_HOLDERS = sa.select(assignments.c.film_id, assignments.c.reader)
