"""Reconciling every night, where the site file says so: by one worker, once for each PACS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog

from radiograde.model.errors import RadiogradeError
from radiograde.service.backoff import patiently
from radiograde.service.config.archives import ReconcileConfig
from radiograde.service.database.engine import Database
from radiograde.service.database.pacs_tables import reconciliations
from radiograde.service.errors import ContradictionError, StoreError
from radiograde.service.reconciliation.reconciliation import Reconciliation
from radiograde.service.retrieve_errors import RetrieveError

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

        One that does not answer is tried again when this is called next, and so is what was
        stopped or broke off.

        Raises:
            StoreError: the database does not answer, and nothing is begun.
        """
        now = self.now()
        if now.hour < self.rules.hour:
            return
        today = now.date()
        for one in self.reconciliations:
            if self._claim(one.pacs.name, today.isoformat()):
                outcome = self._reconcile(one, today)
                patiently(partial(self._record, one.pacs.name, outcome), StoreError, one.stop)

    def _reconcile(self, one: Reconciliation, today: date) -> dict[str, Any]:
        """Return what to record of a pass; its day is empty where it is to be done again."""
        name = one.pacs.name
        try:
            summary = one.run(today - timedelta(days=self.rules.days), today)
        except RadiogradeError as error:
            log.warning("reconciling_failed", pacs=name, error=error.code)
            return {"day": "", "error": error.code}
        except Exception as error:  # noqa: BLE001 - whatever a PACS may have a library raise
            log.error("reconciling_broke", pacs=name, type=type(error).__name__)
            return {"day": "", "error": RetrieveError.code}
        day = "" if one.stop.is_set() else today.isoformat()
        return {"day": day, "summary": summary.to_json()}

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

    def _record(self, pacs: str, outcome: Mapping[str, Any]) -> None:
        one = sa.update(reconciliations).where(reconciliations.c.pacs == pacs)
        with self.database.write() as connection:
            connection.execute(one.values(outcome))
