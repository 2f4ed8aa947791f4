"""The worklist as SQL: films with their results, filtered, a page at a time.

A page is asked for in two steps, first the ids, then what is shown of them: so a database that
sorts does not carry whole documents along.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.service.config.constancy_config import CONSTANCY
from radiograde.service.database.project_tables import project_films
from radiograde.service.database.reading_tables import assignments
from radiograde.service.database.tables import films, results, reviews
from radiograde.service.films.pseudonym import LENGTH as PSEUDONYM_LENGTH
from radiograde.service.projects.film_access import FilmAccess
from radiograde.service.worklist.cursor import Cursor
from radiograde.service.worklist.filters import Filters, Search
from radiograde.service.worklist.leads import (
    BY_FILM,
    BY_REVIEWED,
    BY_UNDATED,
    Lead,
    by_arrival,
    by_rank,
)

_answered = results.alias()
_OF_PSEUDONYM = re.compile(f"[A-Z2-7]{{1,{PSEUDONYM_LENGTH}}}", re.ASCII)
"""The beginning of one, in base32."""

_OF_SOMEBODY = films.c.source != CONSTANCY
"""Drawn films that the installation sends itself are nobody's to read."""

LISTED = sa.and_(
    _OF_SOMEBODY,
    sa.or_(
        films.c.state != "set_aside",
        sa.exists().where(_answered.c.id == films.c.id).correlate(films),
    ),
)
"""What is set aside is listed only where somebody was answered why, as a rejected film."""


def newest_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors, the last to come in first."""
    return _newest_by(by_arrival(filters), filters, limit, after)


def severest_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors, the highest score first; of films that have one."""
    query = _matching(filters, by_rank(filters)).where(results.c.brixia.is_not(None))
    if after is not None and after.brixia is not None:
        place = sa.tuple_(results.c.brixia, results.c.id)
        query = query.where(place < sa.tuple_(sa.literal(after.brixia), sa.literal(after.id)))
    return query.order_by(results.c.brixia.desc(), results.c.id.desc()).limit(limit)


def unscored_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors of films without a score, the last to come in first."""
    return newest_ids(filters, limit, after).where(results.c.brixia.is_(None))


def acquired_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors, the last acquired first; of films that say when."""
    undated = replace(filters, since=None, until=None)
    query = _matching(undated, BY_FILM).where(films.c.acquired.is_not(None))
    if filters.since is not None:
        query = query.where(films.c.acquired >= filters.since.isoformat())
    if filters.until is not None:
        query = query.where(films.c.acquired < (filters.until + timedelta(days=1)).isoformat())
    if after is not None and after.acquired is not None:
        place = sa.tuple_(films.c.acquired, films.c.id)
        query = query.where(place < sa.tuple_(sa.literal(after.acquired), sa.literal(after.id)))
    return query.order_by(films.c.acquired.desc(), films.c.id.desc()).limit(limit)


def undated_ids(filters: Filters, limit: int, after: Cursor | None = None) -> sa.Select[Any]:
    """Return the query for cursors of films of no acquisition time, the last to come in first."""
    lead = by_arrival(filters) if filters.days is None else BY_UNDATED
    return _newest_by(lead, filters, limit, after).where(films.c.acquired.is_(None))


def films_with(ids: Sequence[str]) -> sa.Select[Any]:
    """Return the query for the films with these ids, each a :class:`StoredFilm`."""
    return _shown().where(films.c.id.in_(ids), LISTED)


def kept_ids(limit: int) -> sa.Select[Any]:
    """Return the query for the ids of films that are still there, the last to come in first."""
    query = sa.select(films.c.id).where(films.c.kept, LISTED)
    return query.order_by(films.c.id.desc()).limit(limit)


def films_of(patients: Sequence[str], limit: int, access: FilmAccess) -> sa.Select[Any]:
    """Return the query for the films of a patient, by pseudonyms, the last to come in first.

    Each is a :class:`StoredFilm`.
    """
    seen = access.within(films.c.id)
    query = _shown().where(films.c.patient.in_(patients), LISTED, *seen)
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


def _newest_by(lead: Lead, filters: Filters, limit: int, after: Cursor | None) -> sa.Select[Any]:
    query = _matching(filters, lead)
    # The same id in both tables: only by the one that is looked up first no sorting is needed.
    id = lead.table.c.id
    if after is not None:
        query = query.where(id < after.id)
    return query.order_by(id.desc()).limit(limit)


def _matching(filters: Filters, lead: Lead) -> sa.Select[Any]:
    """Return the query for cursors of the films that match."""
    scored = lead.only_results or filters.need_a_result
    both = films.join(results, results.c.id == films.c.id, isouter=not scored)
    columns = (films.c.id, results.c.brixia, films.c.acquired.label("acquired"))
    query = sa.select(*columns).select_from(both)
    query = query.where(_OF_SOMEBODY if scored else LISTED)
    query = query.where(*filters.access.within(films.c.id))
    if filters.outside is not None:
        of_project = project_films.c.project_id == filters.outside
        query = query.where(films.c.id.not_in(sa.select(project_films.c.film_id).where(of_project)))
    if filters.ids is not None:
        query = query.where(films.c.id.in_(filters.ids))
    if filters.search is not None:
        query = query.where(_is_found(filters.search))
    if filters.assigned_to is not None:
        own = assignments.c.reader == filters.assigned_to
        query = query.where(films.c.id.in_(sa.select(assignments.c.film_id).where(own)))
    if filters.unassigned:
        somebodys = assignments.c.reader.is_not(None)
        query = query.where(films.c.id.not_in(sa.select(assignments.c.film_id).where(somebodys)))
    query = query.where(*lead.conditions(filters), *lead.other_conditions(filters))
    query = query.where(*lead.of_days(filters))
    if filters.reviewed is not None and lead is not BY_REVIEWED:
        judged = sa.exists().where(reviews.c.result_id == films.c.id).correlate(films)
        query = query.where(judged if filters.reviewed else sa.not_(judged))
    return query


def _is_found(search: Search) -> sa.ColumnElement[bool]:
    """Return whether a film is found, each way by an index of its own."""
    text = search.text.strip()
    begin = text.upper()
    if len(begin) == 1:  # of too many films to be looked up first
        of_patient = films.c.patient.startswith(begin, autoescape=True)
        return sa.or_(of_patient, films.c.id.in_(search.named))
    found, result = films.alias(), results.alias()
    ways = [sa.select(found.c.id).where(found.c.id.in_([begin, *search.named]))]
    if _OF_PSEUDONYM.fullmatch(begin):
        of_patient = found.c.patient.between(begin, begin.ljust(PSEUDONYM_LENGTH, "Z"))
        ways.append(sa.select(found.c.id).where(of_patient))
    if search.by_uid:
        ways += [
            sa.select(found.c.id).where(found.c.sop_instance_uid == text),
            sa.select(result.c.id).where(result.c.study_instance_uid == text),
        ]
    return films.c.id.in_(sa.union_all(*ways))
