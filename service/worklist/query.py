"""The worklist as SQL: films with their results, filtered, a page at a time.

A page is asked for in two steps, first the ids, then what is shown of them: so a database that
sorts does not carry whole documents along.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.service.database.tables import films, results, reviews
from radiograde.service.result_schema import Severity
from radiograde.service.worklist.cursor import Cursor
from radiograde.service.worklist.listed_film import Status

OF_FILM = {"waiting": "waiting", "failed": "failed"}
"""Statuses that are the film's own; the others are its result's."""

FEW_DAYS = timedelta(days=31)

_answered = results.alias()
LISTED = sa.or_(
    films.c.state != "set_aside",
    sa.exists().where(_answered.c.id == films.c.id).correlate(films),
)
"""What is set aside is listed only where somebody was answered why, as a rejected film."""


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody writes to find a film: its id, or the beginning of its patient's pseudonym.

    ``by_uid``: also the UID of the study or the instance. ``named``: ids that are found otherwise.
    """

    text: str
    by_uid: bool = False
    named: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which films to list; what is None or empty filters nothing.

    ``since``, ``until``: first and last day of acquisition, by the film's header, else of arrival,
    by this computer's clock.
    """

    ids: Collection[str] | None = None
    search: Search | None = None

    severity: Collection[Severity] = ()
    status: Collection[Status] = ()
    since: date | None = None
    until: date | None = None
    reviewed: bool | None = None

    @property
    def need_a_result(self) -> bool:
        """Whether films without a result cannot match."""
        only_results = bool(self.status) and not OF_FILM.keys() & set(self.status)
        return bool(self.severity) or only_results or self.reviewed is True

    @property
    def are_of_few_days(self) -> bool:
        """Whether the days are bounded, and few."""
        if self.since is None:
            return False
        # No film is acquired later than today, whatever this computer's zone.
        until = min(self.until or date.max, date.today() + timedelta(days=2))
        return until - self.since <= FEW_DAYS

    def by_severity(self) -> list[Filters]:
        """Return filters of one severity each, that together match the same: each has an index."""
        return [replace(self, severity=(one,)) for one in self.severity] or [self]


def newest_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors, the last to come in first."""
    query = _matching(filters, scored=filters.need_a_result)
    # The same id in both tables: only by the one that is looked up first no sorting is needed.
    id = results.c.id if filters.need_a_result else films.c.id
    if after is not None:
        query = query.where(id < after.id)
    return query.order_by(id.desc()).limit(limit)


def severest_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors, the highest score first; of films that have one."""
    query = _matching(filters, scored=True).where(results.c.brixia.is_not(None))
    if after is not None and after.brixia is not None:
        place = sa.tuple_(results.c.brixia, results.c.id)
        query = query.where(place < sa.tuple_(sa.literal(after.brixia), sa.literal(after.id)))
    return query.order_by(results.c.brixia.desc(), results.c.id.desc()).limit(limit)


def unscored_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors of films without a score, the last to come in first."""
    return newest_ids(filters, limit, after).where(results.c.brixia.is_(None))


def acquired_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors, the last acquired first; of films that say when."""
    query = _matching(filters, scored=filters.need_a_result).where(films.c.acquired.is_not(None))
    if after is not None and after.acquired is not None:
        place = sa.tuple_(films.c.acquired, films.c.id)
        query = query.where(place < sa.tuple_(sa.literal(after.acquired), sa.literal(after.id)))
    return query.order_by(films.c.acquired.desc(), films.c.id.desc()).limit(limit)


def undated_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors of films of no acquisition time, the last to come in first."""
    return newest_ids(filters, limit, after).where(films.c.acquired.is_(None))


def films_with(ids: Sequence[str]) -> sa.Select[Any]:
    """Return the query for the films with these ids, each a :class:`StoredFilm`."""
    return _shown().where(films.c.id.in_(ids), LISTED)


def kept_ids(limit: int) -> sa.Select[Any]:
    """Return the query for the ids of films that are still there, the last to come in first."""
    query = sa.select(films.c.id).where(films.c.kept, LISTED)
    return query.order_by(films.c.id.desc()).limit(limit)


def films_of(patient: str, limit: int) -> sa.Select[Any]:
    """Return the query for a patient's films, as :func:`films_with`, last to come in first."""
    query = _shown().where(films.c.patient == patient, LISTED)
    return query.order_by(films.c.id.desc()).limit(limit)


def _shown() -> sa.Select[Any]:
    both = films.outerjoin(results, results.c.id == films.c.id)
    return sa.select(
        films.c.id,
        films.c.received,
        films.c.source.label("source"),
        films.c.state,
        films.c.reason,
        films.c.kept,
        films.c.patient,
        films.c.acquired.label("acquired"),
        films.c.sop_instance_uid,
        results.c.status.label("result_status"),
        results.c.severity,
        results.c.model_sha256,
        results.c.document,
    ).select_from(both)


def _matching(filters: Filters, *, scored: bool) -> sa.Select[Any]:
    """Return the query for cursors; ``scored``: only films that have a result."""
    both = films.join(results, results.c.id == films.c.id, isouter=not scored)
    columns = (films.c.id, results.c.brixia, films.c.acquired.label("acquired"))
    query = sa.select(*columns).select_from(both).where(LISTED)
    if filters.ids is not None:
        query = query.where(films.c.id.in_(filters.ids))
    if filters.search is not None:
        query = query.where(_is_found(filters.search))
    if filters.severity:
        query = query.where(results.c.severity.in_(filters.severity))
    if filters.status:
        query = query.where(sa.or_(*map(_has_status, filters.status)))
    if filters.since is not None or filters.until is not None:
        query = query.where(_acquired_within(filters))
    if filters.reviewed is not None:
        judged = films.c.id.in_(sa.select(reviews.c.result_id))
        query = query.where(judged if filters.reviewed else sa.not_(judged))
    return query


def _is_found(search: Search) -> sa.ColumnElement[bool]:
    text = search.text.strip()
    ways = [
        films.c.id == text.upper(),
        films.c.patient.startswith(text.upper(), autoescape=True),
        films.c.id.in_(search.named),
    ]
    if search.by_uid:
        ways += [films.c.sop_instance_uid == text, results.c.study_instance_uid == text]
    return sa.or_(*ways)


def _has_status(status: Status) -> sa.ColumnElement[bool]:
    if status in OF_FILM:
        return films.c.state == OF_FILM[status]
    return results.c.status == status


def _acquired_within(filters: Filters) -> sa.ColumnElement[bool]:
    """Return whether a film is of one of the days, by its acquisition time, else its arrival.

    Few films are of a short span, so they are looked up first; in a long one the next page is
    found soon whatever the order.
    """
    if not filters.are_of_few_days:
        return _between(films, filters)
    of_these_days = films.alias()
    return films.c.id.in_(sa.select(of_these_days.c.id).where(_between(of_these_days, filters)))


def _between(table: sa.FromClause, filters: Filters) -> sa.ColumnElement[bool]:
    acquired: list[sa.ColumnElement[bool]] = [table.c.acquired.is_not(None)]
    arrived: list[sa.ColumnElement[bool]] = [table.c.acquired.is_(None)]
    if filters.since is not None:
        acquired.append(table.c.acquired >= filters.since.isoformat())
        arrived.append(table.c.received >= _begin_of(filters.since))
    if filters.until is not None:
        after = filters.until + timedelta(days=1)
        acquired.append(table.c.acquired < after.isoformat())
        arrived.append(table.c.received < _begin_of(after))
    return sa.or_(sa.and_(*acquired), sa.and_(*arrived))


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time.min).astimezone(UTC)
