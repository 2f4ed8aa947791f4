"""The tables of reading sets. What a reader said of a film stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from ulid import ULID

from radiograde.model.errors import NotFoundError
from radiograde.service.database.engine import Database
from radiograde.service.database.programme_tables import reading_sets, reading_slots
from radiograde.service.database.rows import columns_of, first_of
from radiograde.service.errors import CommittedError
from radiograde.service.projects.film_access import EVERY_FILM, FilmAccess
from radiograde.service.reviews.reading_set import ReadingSet, ReadingSlot, drawn_order

_SETS = sa.select(*columns_of(reading_sets, ReadingSet))
_SLOTS = sa.select(*columns_of(reading_slots, ReadingSlot))
_other = reading_slots.alias()


@dataclass(frozen=True, slots=True)
class SetProgress:
    """How many films of a set a reader has, and has read."""

    set_id: str
    name: str
    reader: str
    films: int
    read: int


class ReadingSetRepository:
    """Keeps ``reading_sets`` and ``reading_slots``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def give_out(
        self, name: str, by: str, film_ids: Sequence[str], readers: Sequence[str], repeats: int
    ) -> str:
        """Record a set of films for readers, each in an order of their own; return its id."""
        id = str(ULID())
        slots = [
            {
                "set_id": id,
                "reader": reader,
                "position": position,
                "film_id": film_id,
                "again": again,
            }
            for reader in readers
            for position, (film_id, again) in enumerate(drawn_order(film_ids, repeats))
        ]
        row = {"id": id, "name": name, "by": by, "created": datetime.now(UTC)}
        with self._database.write() as connection:
            connection.execute(sa.insert(reading_sets), row)
            connection.execute(sa.insert(reading_slots), slots)
        return id

    def find(self, id: str) -> ReadingSet:
        """Return the set whose id begins so. Raises NotFoundError: none does, or several."""
        found = [one for one in self._database.rows(_SETS, ReadingSet) if one.id.startswith(id)]
        if len(found) != 1:
            raise NotFoundError(f"{len(found)} reading sets have an id that begins with {id}.")
        return found[0]

    def progress(
        self, reader: str | None = None, access: FilmAccess = EVERY_FILM
    ) -> list[SetProgress]:
        """Return how far every reader is with every set, or one reader; the last set first.

        A set is there for whoever may see all of its films.
        """
        query = sa.select(
            reading_slots.c.set_id,
            reading_sets.c.name,
            reading_slots.c.reader,
            sa.cast(sa.func.count(), sa.Integer).label("films"),
            sa.cast(sa.func.count(reading_slots.c.read), sa.Integer).label("read"),
        ).join_from(reading_slots, reading_sets, reading_sets.c.id == reading_slots.c.set_id)
        if reader is not None:
            query = query.where(reading_slots.c.reader == reader)
        for within in access.within(_other.c.film_id):
            outside = sa.exists().where(_other.c.set_id == reading_slots.c.set_id, ~within)
            query = query.where(~outside)
        columns = (reading_slots.c.set_id, reading_sets.c.name, reading_slots.c.reader)
        order = (reading_slots.c.set_id.desc(), reading_slots.c.reader)
        return self._database.rows(query.group_by(*columns).order_by(*order), SetProgress)

    def slots(self, set_id: str) -> list[ReadingSlot]:
        """Return every reader's films of a set, in the reader's order."""
        query = _SLOTS.where(reading_slots.c.set_id == set_id)
        ordered = query.order_by(reading_slots.c.reader, reading_slots.c.position)
        return self._database.rows(ordered, ReadingSlot)

    def next_slot(self, set_id: str, reader: str) -> ReadingSlot | None:
        """Return the film that a reader has to read next; None once all are read."""
        return self._database.first(_next(set_id, reader), ReadingSlot)

    def commit(
        self,
        set_id: str,
        reader: str,
        position: int,
        zones: Mapping[str, int] | None,
        comment: str | None,
    ) -> None:
        """Keep what a reader says of the film that is next.

        Raises:
            CommittedError: another one is next.
        """
        said = {
            "read": datetime.now(UTC),
            "zones": sa.null() if zones is None else dict(zones),
            "comment": comment,
        }
        with self._database.write() as connection:
            slot = first_of(connection, _next(set_id, reader).with_for_update(), ReadingSlot)
            if slot is None or slot.position != position:
                raise CommittedError("Another film of the set is next. Ask for it again.")
            mine = sa.update(reading_slots).where(
                *_of(set_id, reader), reading_slots.c.position == position
            )
            connection.execute(mine.values(said))

    def unread_films(self, reader: str) -> frozenset[str]:
        """Return the films of sets that a reader has not read to the end: all of such a set."""
        unread = reading_slots.alias()
        is_open = sa.exists().where(
            unread.c.set_id == reading_slots.c.set_id,
            unread.c.reader == reader,
            unread.c.read.is_(None),
        )
        query = sa.select(reading_slots.c.film_id).where(reading_slots.c.reader == reader, is_open)
        return frozenset(self._database.values(query, str))


def _of(set_id: str, reader: str) -> tuple[sa.ColumnElement[bool], ...]:
    return reading_slots.c.set_id == set_id, reading_slots.c.reader == reader


def _next(set_id: str, reader: str) -> sa.Select[Any]:
    query = _SLOTS.where(*_of(set_id, reader), reading_slots.c.read.is_(None))
    return query.order_by(reading_slots.c.position).limit(1)
