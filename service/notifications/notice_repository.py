"""The table of notifications: each event once for each channel, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from ulid import ULID

from radiograde.service.config.notify import EventName
from radiograde.service.database.engine import Database
from radiograde.service.database.rows import columns_of, first_of
from radiograde.service.database.tables import NoticeState, notices
from radiograde.service.errors import DeliveryError
from radiograde.service.notifications.notice import Notice
from radiograde.service.queue import WorkQueue

_NOTICES = sa.select(*columns_of(notices, Notice))


class NoticeRepository:
    """Keeps the table ``notices``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database, queue: WorkQueue) -> None:
        self.database = database
        self._queue = queue

    def add(
        self,
        connection: sa.Connection,
        channel: str,
        event: EventName,
        key: str,
        details: dict[str, Any],
        film_id: str | None = None,
    ) -> None:
        """Record an event for a channel, and the work of sending it; once, by its key.

        In a transaction that its caller ends.
        """
        same = sa.and_(notices.c.channel == channel, notices.c.key == key)
        if connection.execute(sa.select(notices.c.id).where(same)).first() is not None:
            return
        id, now = str(ULID()), datetime.now(UTC)
        row = {"id": id, "channel": channel, "event": event, "key": key, "film_id": film_id}
        times = {"created": now, "begun": now, "updated": now}
        state = {"details": details, "state": "waiting", "attempts": 0, "starts": 0}
        connection.execute(sa.insert(notices), row | times | state)
        self._queue.notify(connection, id, channel, attempt=1)

    def was_begun(self, id: str) -> bool:
        """Return whether a notification waits although it was begun."""
        begun = sa.and_(_waiting(id), notices.c.starts > 0)
        return self.database.exists(sa.select(notices.c.id).where(begun))

    def begin(self, id: str) -> Notice | None:
        """Count that a notification that waits is begun, and return it; None where none waits."""
        with self.database.write() as connection:
            begun = sa.update(notices).where(_waiting(id))
            connection.execute(begun.values(starts=notices.c.starts + 1))
            return first_of(connection, _NOTICES.where(_waiting(id)), Notice)

    def waiting(self) -> list[str]:
        """Return the ids of all that wait."""
        query = sa.select(notices.c.id).where(notices.c.state == "waiting")
        return self.database.values(query, str)

    def go_on(self, id: str) -> None:
        """Have a notification that waits sent, since nobody is at work on it."""
        with self.database.write() as connection:
            found = first_of(connection, _NOTICES.where(_waiting(id)), Notice)
            if found is not None:
                self._send_again(connection, found)

    def retry(self) -> int:
        """Set all parked notifications going again; return how many there were."""
        parked = notices.c.state == "parked"
        now = datetime.now(UTC)
        anew = {"state": "waiting", "begun": now, "updated": now, "starts": 0}
        with self.database.write() as connection:
            change = sa.update(notices).where(parked).values(anew)
            ids = connection.scalars(change.returning(notices.c.id)).all()
        for id in ids:
            self.go_on(id)
        return len(ids)

    def end(self, notice: Notice, state: NoticeState, error: DeliveryError | None = None) -> None:
        """Record an attempt that was the last one, and what came of it."""
        self._after_attempt(notice, state=state, **_of(error))

    def put_off(self, notice: Notice, error: DeliveryError, delay_s: float) -> None:
        """Record a failed attempt, and the next one after a delay."""
        self._after_attempt(notice, delay_s=delay_s, **_of(error))

    def set_back(self, notice: Notice, delay_s: float | None = None, *, rest: bool = False) -> None:
        """Record that a notification was not tried, for no fault of its own.

        It is sent after a delay; None: once whoever reconciles finds it. ``rest``: its time to be
        tried begins only then.
        """
        values: dict[str, Any] = {"starts": 0}
        if rest:
            values["begun"] = datetime.now(UTC) + timedelta(seconds=delay_s or 0.0)
        with self.database.write() as connection:
            back = sa.update(notices).where(_waiting(notice.id)).values(values)
            if connection.execute(back).rowcount and delay_s is not None:
                self._send_again(connection, notice, delay_s)

    def _after_attempt(self, notice: Notice, delay_s: float | None = None, **values: Any) -> None:
        attempts = notice.attempts + 1
        same = sa.and_(_waiting(notice.id), notices.c.attempts == notice.attempts)
        ended = {"attempts": attempts, "starts": 0, "updated": datetime.now(UTC)}
        change = sa.update(notices).where(same).values(**ended, **values)
        with self.database.write() as connection:
            if connection.execute(change).rowcount and delay_s is not None:
                self._queue.notify(
                    connection, notice.id, notice.channel, attempt=attempts + 1, delay_s=delay_s
                )

    def _send_again(self, connection: sa.Connection, notice: Notice, delay_s: float = 0.0) -> None:
        self._queue.notify(
            connection,
            notice.id,
            notice.channel,
            attempt=notice.attempts + 1,
            again=True,
            delay_s=delay_s,
        )


def _waiting(id: str) -> sa.ColumnElement[bool]:
    return sa.and_(notices.c.id == id, notices.c.state == "waiting")


def _of(error: DeliveryError | None) -> dict[str, Any]:
    if error is None:
        return {"error": None, "message": None}
    return {"error": error.code, "message": error.message}
