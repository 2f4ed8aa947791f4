"""The table of alarms: what was noticed, whether it stops the model, and who cleared it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from ulid import ULID

from radiograde.service.database.engine import Database
from radiograde.service.database.insert_missing import insert_missing
from radiograde.service.database.monitor_tables import alarms
from radiograde.service.database.rows import columns_of, first_of
from radiograde.service.programme_errors import NoAlarmError

BY_HAND = "by_hand"
"""The feature of an alarm that somebody raised to stop a model."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """What was noticed of a model; a row of ``alarms``, which says what each means."""

    id: str
    model: str
    feature: str
    against: str
    raised: datetime
    reason: str
    stops: bool
    by: str | None
    cleared: datetime | None
    cleared_by: str | None
    new_normal: bool

    def to_json(self) -> dict[str, Any]:
        """Return the alarm as plain JSON types."""
        cleared = self.cleared and self.cleared.isoformat()
        return asdict(self) | {"raised": self.raised.isoformat(), "cleared": cleared}


_ALARMS = sa.select(*columns_of(alarms, Alarm))
_STANDS = alarms.c.cleared.is_(None)
_STOPS = sa.select(alarms.c.id).where(_STANDS, alarms.c.stops)


class AlarmRepository:
    """Keeps ``alarms``; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self) -> list[Alarm]:
        """Return the alarms that nobody cleared, the last first."""
        return self._database.rows(_ALARMS.where(_STANDS).order_by(alarms.c.id.desc()), Alarm)

    def cleared(self, limit: int = 20) -> list[Alarm]:
        """Return alarms that were cleared, the last first."""
        query = _ALARMS.where(alarms.c.cleared.is_not(None)).order_by(alarms.c.cleared.desc())
        return self._database.rows(query.limit(limit), Alarm)

    def last_cleared(self, *, new_normal: bool = False) -> datetime | None:
        """Return when an alarm was cleared last; ``new_normal``: one that began a new normal."""
        query = sa.select(sa.func.max(alarms.c.cleared))
        if new_normal:
            query = query.where(alarms.c.new_normal)
        with self._database.reading() as connection:
            found = connection.execute(query).scalar()
        return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)

    def accepted(self, model: str, against: str) -> set[str]:
        """Return the features of which somebody took what is for normal."""
        query = sa.select(alarms.c.feature).where(
            alarms.c.model == model, alarms.c.against == against, alarms.c.new_normal
        )
        return set(self._database.values(query, str))

    def is_stopped(self, model: str) -> bool:
        """Return whether an alarm that stands has set a model aside."""
        return self._database.exists(_STOPS.where(alarms.c.model == model))

    def raise_once(
        self,
        connection: sa.Connection,
        model: str,
        key: str,
        reason: str,
        *,
        stops: bool,
        by: str | None = None,
    ) -> Alarm | None:
        """Raise an alarm about ``against:feature``; None where one stands already.

        In a transaction that its caller ends.
        """
        against, feature = key.split(":", 1)
        alarm = Alarm(
            id=str(ULID()),
            model=model,
            feature=feature,
            against=against,
            raised=datetime.now(UTC),
            reason=reason,
            stops=stops,
            by=by,
            cleared=None,
            cleared_by=None,
            new_normal=False,
        )
        row = {**asdict(alarm), "key": f"{model}:{key}"}
        return alarm if insert_missing(connection, alarms, row) else None

    def clear(
        self, connection: sa.Connection, alarm_id: str, by: str, *, new_normal: bool
    ) -> Alarm:
        """Clear an alarm, in a transaction that its caller ends.

        Raises:
            NoAlarmError: none that stands has this id.
        """
        own = sa.and_(alarms.c.id == alarm_id, _STANDS)
        values = {"cleared": datetime.now(UTC), "cleared_by": by, "new_normal": new_normal}
        change = sa.update(alarms).where(own).values(**values, key=alarms.c.id)
        if not connection.execute(change).rowcount:
            raise NoAlarmError("No alarm that stands has this id. See: radiograde monitor")
        found = first_of(connection, _ALARMS.where(alarms.c.id == alarm_id), Alarm)
        if found is None:
            raise NoAlarmError("The alarm is gone.")
        return found
