"""Drawn films that this installation sends itself, known by their UIDs when they come in."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.film_rows import remove_films
from radiograde.service.database.programme_tables import constancy_films


class ConstancyFilms:
    """Keeps the table ``constancy_films``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def expect(self, sop_instance_uid: str) -> None:
        """Record that a drawn film is about to be sent."""
        row = {"sop_instance_uid": sop_instance_uid, "sent": datetime.now(UTC)}
        with self._database.write() as connection:
            connection.execute(sa.insert(constancy_films), row)

    def is_expected(self, sop_instance_uid: str) -> bool:
        """Return whether a film is one of them."""
        query = sa.select(constancy_films.c.sop_instance_uid)
        return self._database.exists(
            query.where(constancy_films.c.sop_instance_uid == sop_instance_uid)
        )

    def forget(self, film_ids: list[str]) -> None:
        """Remove films with everything that is recorded of them, as if they had never come.

        Their UIDs stay known: one that is on its way still is no patient's film either.
        """
        with self._database.write() as connection:
            remove_films(connection, film_ids)
