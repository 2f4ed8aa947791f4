"""The table of constancy runs: what each night measured and found, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from ulid import ULID

from radiograde.service.constancy.measured_film import MeasuredFilm
from radiograde.service.constancy.night_comparison import NightFinding
from radiograde.service.database.engine import Database
from radiograde.service.database.programme_tables import constancy_runs
from radiograde.service.database.rows import columns_of
from radiograde.service.errors import ContradictionError

BROKEN_AFTER = timedelta(hours=1)
"""A run that has not ended by then ended with its worker."""

MEASURED_KEPT = 30
"""Runs whose measurements stay; findings stay for ever."""


@dataclass(frozen=True, slots=True)
class ConstancyRun:
    """A night: ``findings`` None until it has ended."""

    id: str
    day: str
    began: datetime
    ended: datetime | None
    baseline: bool
    findings: Sequence[Mapping[str, Any]] | None
    measured: Sequence[Mapping[str, Any]] | None

    @property
    def films(self) -> list[MeasuredFilm]:
        """What was measured; none of a run that is long ago."""
        return [MeasuredFilm.from_json(one) for one in self.measured or ()]


_RUNS = sa.select(*columns_of(constancy_runs, ConstancyRun))


class ConstancyRepository:
    """Keeps ``constancy_runs``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, day: str | None) -> ConstancyRun | None:
        """Record that a night's run begins; None where another worker was first.

        ``day``: None for a run by hand, which any night's may follow.
        """
        id, now = str(ULID()), datetime.now(UTC)
        broken = sa.delete(constancy_runs).where(
            constancy_runs.c.day == day,
            constancy_runs.c.ended.is_(None),
            constancy_runs.c.began < now - BROKEN_AFTER,
        )
        row = {"id": id, "day": day or id[-10:], "began": now, "baseline": False}
        try:
            with self._database.write() as connection:
                connection.execute(broken)
                connection.execute(sa.insert(constancy_runs), row)
        except ContradictionError:
            return None
        return self._one(_RUNS.where(constancy_runs.c.id == id))

    def end(
        self,
        run: ConstancyRun,
        films: Sequence[MeasuredFilm],
        findings: Sequence[NightFinding],
        *,
        baseline: bool,
    ) -> None:
        """Record what a run measured and found."""
        values = {
            "ended": datetime.now(UTC),
            "measured": [film.to_json() for film in films],
            "findings": [finding.to_json() for finding in findings],
            "baseline": baseline,
        }
        old = sa.select(constancy_runs.c.id).order_by(constancy_runs.c.id.desc())
        with self._database.write() as connection:
            mine = sa.update(constancy_runs).where(constancy_runs.c.id == run.id)
            connection.execute(mine.values(values))
            kept = connection.scalars(old.limit(MEASURED_KEPT)).all()
            rest = sa.update(constancy_runs).where(
                constancy_runs.c.id.not_in(kept), sa.not_(constancy_runs.c.baseline)
            )
            connection.execute(rest.values(measured=sa.null()))

    def accept(self, run: ConstancyRun) -> None:
        """Have later nights compared with a run."""
        mine = sa.update(constancy_runs).where(constancy_runs.c.id == run.id)
        with self._database.write() as connection:
            connection.execute(mine.values(baseline=True))

    def baseline(self) -> ConstancyRun | None:
        """Return what nights are compared with; None before the first."""
        chosen = _RUNS.where(constancy_runs.c.baseline)
        return self._one(chosen.order_by(constancy_runs.c.id.desc()))

    def last(self) -> ConstancyRun | None:
        """Return the last run that has ended."""
        ended = _RUNS.where(constancy_runs.c.ended.is_not(None))
        return self._one(ended.order_by(constancy_runs.c.id.desc()))

    def _one(self, query: sa.Select[Any]) -> ConstancyRun | None:
        return self._database.first(query.limit(1), ConstancyRun)
