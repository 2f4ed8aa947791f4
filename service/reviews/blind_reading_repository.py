"""The table of blind readings: one of a film by each reader. Nothing in it is ever changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.reading_tables import blind_readings
from radiograde.service.database.rows import columns_of, in_parts
from radiograde.service.errors import CommittedError
from radiograde.service.reviews.blind_reading import BlindReading

_READINGS = sa.select(*columns_of(blind_readings, BlindReading))


class BlindReadingRepository:
    """Keeps ``blind_readings``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def commit(self, reading: BlindReading) -> None:
        """Keep a reading for good.

        Raises:
            CommittedError: the reader has graded the film before.
        """
        values = {name: getattr(reading, name) for name in BlindReading.__slots__}
        values["zones"] = sa.null() if reading.zones is None else dict(reading.zones)
        with self._database.write() as connection:
            if connection.execute(_of(reading.film_id, reading.reader)).first() is not None:
                raise CommittedError("Your reading of this film is committed and stays as it is.")
            connection.execute(sa.insert(blind_readings), values)

    def all(self, since: datetime | None = None) -> list[BlindReading]:
        """Return every reading from a time on, the first to be committed first."""
        query = _READINGS if since is None else _READINGS.where(blind_readings.c.created >= since)
        ordered = query.order_by(blind_readings.c.created, blind_readings.c.reader)
        return self._database.rows(ordered, BlindReading)

    def of(self, film_id: str) -> list[BlindReading]:
        """Return every reader's reading of a film, the first to be committed first."""
        query = _READINGS.where(blind_readings.c.film_id == film_id)
        return self._database.rows(query.order_by(blind_readings.c.created), BlindReading)

    def by(self, film_id: str, reader: str) -> BlindReading | None:
        """Return a reader's reading of a film."""
        return self._database.first(_of(film_id, reader), BlindReading)

    def read_by(self, reader: str, film_ids: Iterable[str]) -> frozenset[str]:
        """Return those of the films that a reader has graded."""
        chosen = sa.select(blind_readings.c.film_id).where(blind_readings.c.reader == reader)
        return frozenset(
            id
            for some in in_parts(film_ids)
            for id in self._database.values(chosen.where(blind_readings.c.film_id.in_(some)), str)
        )


def _of(film_id: str, reader: str) -> sa.Select[tuple[object, ...]]:
    return _READINGS.where(blind_readings.c.film_id == film_id, blind_readings.c.reader == reader)
