"""Films that wait because the model was set aside: they are kept, and marked so."""

from __future__ import annotations

import sqlalchemy as sa

from radiograde.service.database.engine import Database
from radiograde.service.database.tables import films
from radiograde.service.queue import WorkQueue

MODEL_STOPPED = "model_stopped"
"""The reason in such a film's row."""

_AT_ONCE = 200
_HELD = sa.and_(films.c.state == "waiting", films.c.reason == MODEL_STOPPED)


class StoppedFilms:
    """Keeps ``films.reason`` of those that wait so; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, queue: WorkQueue) -> None:
        self._database = database
        self._queue = queue

    def hold(self, film_id: str) -> None:
        """Mark a film that waits; nobody works on it any more until it goes on."""
        waits = sa.and_(films.c.id == film_id, films.c.state == "waiting")
        with self._database.write() as connection:
            connection.execute(sa.update(films).where(waits).values(reason=MODEL_STOPPED))

    def count(self) -> int:
        """Return how many are held."""
        query = sa.select(sa.func.count()).select_from(films).where(_HELD)
        return self._database.values(query, int)[0]

    def go_on(self) -> int:
        """Have all that are held graded; return how many there were."""
        total = 0
        while ids := self._database.values(
            sa.select(films.c.id).where(_HELD).order_by(films.c.id).limit(_AT_ONCE), str
        ):
            with self._database.write() as connection:
                mine = sa.update(films).where(films.c.id.in_(ids), _HELD).values(reason=None)
                freed = connection.scalars(mine.returning(films.c.id)).all()
                for film_id in freed:
                    self._queue.grade(connection, film_id, again=True)
            total += len(freed)
        return total
