"""The films that match filters, by their ids alone: as many as are asked for."""

from __future__ import annotations

from radiograde.service.database.engine import Database
from radiograde.service.worklist import query
from radiograde.service.worklist.cursor import Cursor
from radiograde.service.worklist.filters import Filters

_AT_ONCE = 1000


def film_ids(database: Database, filters: Filters, most: int | None = None) -> list[str]:
    """Return the ids of all films that match, or of so many, the last to come in first.

    Raises:
        StoreError: the database does not answer.
    """
    found = {id for part in filters.parts() for id in _of_part(database, part, most)}
    return sorted(found, reverse=True)[:most]


def _of_part(database: Database, part: Filters, most: int | None) -> list[str]:
    """Return the films of one severity and status."""
    found: list[str] = []
    after: Cursor | None = None
    while most is None or len(found) < most:
        some = database.rows(query.newest_ids(part, _AT_ONCE, after), Cursor)
        found += [place.id for place in some]
        if len(some) < _AT_ONCE:
            break
        after = some[-1]
    return found
