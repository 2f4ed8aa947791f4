"""The table of workitems: what was claimed from worklists, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from radiograde.model.errors import RadiogradeError
from radiograde.service.database.engine import Database
from radiograde.service.database.pacs_tables import WorkitemState, workitems
from radiograde.service.database.rows import columns_of
from radiograde.service.errors import ContradictionError

OPEN: tuple[WorkitemState, ...] = ("claiming", "claimed", "fetched", "canceling")


@dataclass(frozen=True, slots=True)
class ClaimedItem:
    """A workitem in hand.

    ``films``: SOP Instance UIDs of its films. ``attempts``: that failed in a row; ``starts``: begun
    since one ended, the present one among them. ``begun``: when it was first seen.
    """

    worklist: str
    uid: str
    transaction_uid: str
    state: WorkitemState
    films: list[str]
    attempts: int
    starts: int
    begun: datetime
    due: datetime
    error: str | None
    message: str | None


_ITEMS = sa.select(*columns_of(workitems, ClaimedItem))


class WorkitemRepository:
    """Keeps the table ``workitems``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, worklist: str, uid: str) -> bool:
        """Record that a workitem is about to be claimed; False where it is known.

        Its transaction is recorded first, so that a claim whose answer is lost is no one else's.
        """
        now = datetime.now(UTC)
        row = {
            "worklist": worklist,
            "uid": uid,
            "transaction_uid": f"2.25.{uuid4().int}",
            "state": "claiming",
            "films": [],
            "attempts": 0,
            "starts": 0,
            "begun": now,
            "due": now,
        }
        try:
            with self._database.write() as connection:
                known = sa.select(workitems.c.uid).where(_is(worklist, uid))
                if connection.execute(known).first() is not None:
                    return False
                connection.execute(sa.insert(workitems), row)
        except ContradictionError:
            return False
        return True

    def in_hand(self, worklist: str) -> int:
        """Return how many workitems of a worklist are in hand."""
        count = sa.select(sa.func.count()).select_from(workitems)
        of = count.where(workitems.c.worklist == worklist, workitems.c.state.in_(OPEN))
        return self._database.values(of, int)[0]

    def take_due(self, worklist: str, lease: timedelta) -> Iterator[ClaimedItem]:
        """Yield the workitems that are due, the first of them first, each to one caller.

        A caller that ends before it records an outcome leaves it to whoever asks after ``lease``.
        """
        now = datetime.now(UTC)
        due = _ITEMS.where(
            workitems.c.worklist == worklist, workitems.c.state.in_(OPEN), workitems.c.due <= now
        )
        for item in self._database.rows(due.order_by(workitems.c.due), ClaimedItem):
            taken = sa.update(workitems).where(_is(worklist, item.uid), workitems.c.due == item.due)
            values = {"due": datetime.now(UTC) + lease, "starts": item.starts + 1}
            with self._database.write() as connection:
                is_ours = connection.execute(taken.values(values)).rowcount > 0
            if is_ours:
                yield item

    def claimed(self, item: ClaimedItem) -> None:
        """Record that a workitem is this installation's."""
        self._set(item, state="claimed")

    def fetched(self, item: ClaimedItem, films: Sequence[str]) -> None:
        """Record that its films are here."""
        self._set(item, state="fetched", films=list(films))

    def wait(self, item: ClaimedItem, delay_s: float) -> None:
        """Have a workitem taken up again, since what it waits for is not done."""
        self._set(item, due=_in(delay_s), starts=0, attempts=0)

    def put_off(self, item: ClaimedItem, error: RadiogradeError, delay_s: float) -> None:
        """Record a failed attempt, and the next one after a back-off."""
        words = {"error": error.code, "message": error.message}
        self._set(item, due=_in(delay_s), starts=0, attempts=item.attempts + 1, **words)

    def cancel(self, item: ClaimedItem, error: RadiogradeError) -> None:
        """Record that a workitem is to be cancelled, and why."""
        words = {"error": error.code, "message": error.message}
        self._set(item, state="canceling", due=_in(0.0), starts=0, attempts=0, **words)

    def end(
        self, item: ClaimedItem, state: WorkitemState, error: RadiogradeError | None = None
    ) -> None:
        """Record what became of a workitem."""
        words = {} if error is None else {"error": error.code, "message": error.message}
        self._set(item, state=state, **words)

    def find(self, worklist: str, uid: str) -> ClaimedItem | None:
        """Return what is recorded of a workitem."""
        return self._database.first(_ITEMS.where(_is(worklist, uid)), ClaimedItem)

    def _set(self, item: ClaimedItem, **values: Any) -> None:
        one = sa.update(workitems).where(_is(item.worklist, item.uid), workitems.c.state.in_(OPEN))
        with self._database.write() as connection:
            connection.execute(one.values(**values))


def _is(worklist: str, uid: str) -> sa.ColumnElement[bool]:
    return sa.and_(workitems.c.worklist == worklist, workitems.c.uid == uid)


def _in(delay_s: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=delay_s)
