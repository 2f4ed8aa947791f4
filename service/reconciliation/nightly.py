"""Reconciling every night, where the site file says so: by one worker, once for each PACS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
import structlog

from radiograde.model.errors import RadiogradeError
from radiograde.service.config.site import ReconcileConfig
from radiograde.service.database.engine import Database
from radiograde.service.database.prior_tables import reconciliations
from radiograde.service.errors import ContradictionError
from radiograde.service.reconciliation.reconciliation import Reconciliation, Summary

log = structlog.get_logger("radiograde.work")


@dataclass(frozen=True, slots=True)
class Nightly:
    """Runs reconciliations that are due. ``now``: the hospital's local time."""

    database: Database
    rules: ReconcileConfig
    reconciliations: Sequence[Reconciliation]
    now: Callable[[], datetime] = datetime.now

    def run(self) -> None:
        """Reconcile with each PACS that was not yet reconciled with since tonight's hour.

        One that does not answer is tried again when this is called next.

        Raises:
            StoreError: the database does not answer.
        """
        now = self.now()
        if now.hour < self.rules.hour:
            return
        today = now.date()
        for one in self.reconciliations:
            if not self._claim(one.pacs.name, today.isoformat()):
                continue
            try:
                summary = one.run(today - timedelta(days=self.rules.days), today)
            except RadiogradeError as error:
                log.warning("reconciling_failed", pacs=one.pacs.name, error=error.code)
                self._record(one.pacs.name, day="", error=error.code)
            else:
                self._record(one.pacs.name, today.isoformat(), summary=summary)

    def _claim(self, pacs: str, day: str) -> bool:
        """Record that a PACS is being reconciled with; False where another worker was first."""
        row = {"day": day, "began": datetime.now(UTC), "error": None, "summary": None}
        earlier = sa.update(reconciliations).where(
            reconciliations.c.pacs == pacs, reconciliations.c.day < day
        )
        try:
            with self.database.write() as connection:
                if connection.execute(earlier.values(row)).rowcount:
                    return True
                known = sa.select(reconciliations.c.pacs).where(reconciliations.c.pacs == pacs)
                if connection.execute(known).first() is not None:
                    return False
                connection.execute(sa.insert(reconciliations), {"pacs": pacs, **row})
        except ContradictionError:
            return False
        return True

    def _record(
        self, pacs: str, day: str, *, error: str | None = None, summary: Summary | None = None
    ) -> None:
        row = {"day": day, "error": error, "summary": summary and summary.to_json()}
        one = sa.update(reconciliations).where(reconciliations.c.pacs == pacs)
        with self.database.write() as connection:
            connection.execute(one.values(row))
