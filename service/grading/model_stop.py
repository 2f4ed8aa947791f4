"""Setting the model aside, and releasing it: films wait meanwhile, and then go on."""

from __future__ import annotations

from dataclasses import dataclass

from radiograde.service.grading.records import Records
from radiograde.service.monitoring.alarm_repository import BY_HAND, Alarm, AlarmRepository


@dataclass(frozen=True, slots=True)
class ModelStop:
    """Stops and releases the model of an installation; safe to share among threads.

    Every method raises StoreError where the database does not answer.
    """

    records: Records

    @property
    def _alarms(self) -> AlarmRepository:
        return AlarmRepository(self.records.database)

    def stop(self, model: str, by: str, reason: str) -> Alarm | None:
        """Set a model aside by hand; None where somebody did so before."""
        with self.records.database.write() as connection:
            alarm = self._alarms.raise_once(
                connection, model, f"site:{BY_HAND}", reason, stops=True, by=by
            )
            if alarm is not None:
                self.records.notices.of_stopped_model(connection, model, reason, alarm.id)
        return alarm

    def clear(self, alarm_id: str, by: str, *, new_normal: bool = False) -> Alarm:
        """Clear an alarm; where it was the last that stopped its model, films go on.

        ``new_normal``: what is now is what later films are compared with.

        Raises:
            NoAlarmError: none that stands has this id.
        """
        with self.records.database.write() as connection:
            alarm = self._alarms.clear(connection, alarm_id, by, new_normal=new_normal)
        self.go_on(alarm.model)
        return alarm

    def go_on(self, model: str) -> int:
        """Have the films graded that wait for a model, unless that is stopped; return how many."""
        return 0 if self._alarms.is_stopped(model) else self.records.stopped_films.go_on()
