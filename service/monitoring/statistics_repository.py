"""The table of films in figures: what is watched of each, recorded with its result."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from radiograde.model.reading.dicom_header import Header
from radiograde.model.reading.film_attributes import age_years
from radiograde.model.scoring.film_figures import film_figures, outcome_of
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.database.engine import Database
from radiograde.service.database.monitor_tables import film_statistics
from radiograde.service.database.tables import films
from radiograde.service.monitoring.film_sample import COLUMNS, FilmRow

_LONGEST_OUTCOME = 64
_LONGEST_MACHINE = 100
_ROWS = sa.select(*(film_statistics.c[name] for name in COLUMNS), films.c.patient).join_from(
    film_statistics, films, film_statistics.c.film_id == films.c.id
)


class StatisticsRepository:
    """Keeps ``film_statistics``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self,
        connection: sa.Connection,
        film_id: str,
        result: SeverityResult,
        header: Header | None,
    ) -> None:
        """Record what is watched of a film, in the transaction that keeps its result.

        Of one that is graded again the new figures take the place of the old ones.
        """
        own = film_statistics.c.film_id == film_id
        connection.execute(sa.delete(film_statistics).where(own))
        row = {"film_id": film_id, "graded": datetime.now(UTC), **figures_of(result, header)}
        connection.execute(sa.insert(film_statistics), row)

    def first(
        self, since: datetime | None, model: str | None, span: timedelta, fewest: int
    ) -> list[FilmRow]:
        """Return the films of the first ``span``, or the ``fewest`` first ones if those are more.

        ``since``: only films that were graded later. ``model``: only those that it graded. Empty
        while there are fewer.
        """
        wanted = _live(since, model)
        order = (film_statistics.c.graded, film_statistics.c.film_id)
        few = self._database.rows(_ROWS.where(*wanted).order_by(*order).limit(fewest), FilmRow)
        if len(few) < fewest:
            return []
        end = film_statistics.c.graded < few[0].graded + span
        found = self._database.rows(_ROWS.where(*wanted, end).order_by(*order), FilmRow)
        return found if len(found) > fewest else few

    def count(self, after: datetime | None, model: str | None) -> int:
        """Return how many films were graded after a moment; ``model``: by it."""
        query = sa.select(sa.func.count()).select_from(
            sa.join(film_statistics, films, film_statistics.c.film_id == films.c.id)
        )
        return self._database.values(query.where(*_live(after, model)), int)[0]

    def last(self, after: datetime | None, model: str | None, limit: int) -> list[FilmRow]:
        """Return the last films that were graded after a moment, in their order."""
        order = (film_statistics.c.graded.desc(), film_statistics.c.film_id.desc())
        query = _ROWS.where(*_live(after, model)).order_by(*order).limit(limit)
        return self._database.rows(query, FilmRow)[::-1]


def _live(after: datetime | None, model: str | None) -> list[sa.ColumnElement[bool]]:
    """Return the condition of films that came by themselves: no priors, nothing drawn."""
    wanted: list[sa.ColumnElement[bool]] = [films.c.source.not_in(("prior", "constancy"))]
    if after is not None:
        wanted.append(film_statistics.c.graded > after)
    if model is not None:
        wanted.append(film_statistics.c.model_sha256 == model)
    return wanted


def figures_of(result: SeverityResult, header: Header | None) -> dict[str, Any]:
    """Return what is watched of a film, by column."""
    return {
        "model_sha256": result.model.sha256,
        "outcome": outcome_of(result)[:_LONGEST_OUTCOME],
        "view": result.image and result.image.view,
        "machine": None if header is None else _machine(header),
        **film_figures(result, None if header is None else age_years(header)),
    }


def _machine(header: Header) -> str | None:
    names = [header.text("Manufacturer") or "", header.text("ManufacturerModelName") or ""]
    return " ".join(filter(None, names)).casefold()[:_LONGEST_MACHINE] or None
