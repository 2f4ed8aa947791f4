"""Looks at the films since the last look, and raises alarms by the rules of the site file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import structlog

from radiograde.model.scoring.result import ModelFacts
from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.monitor_rules import Action, MonitorConfig
from radiograde.service.database.engine import Database
from radiograde.service.monitoring.alarm_repository import Alarm, AlarmRepository
from radiograde.service.monitoring.control_chart import ControlChart, control_chart
from radiograde.service.monitoring.delivery_counts import delivery_counts
from radiograde.service.monitoring.drift import (
    WINDOWS,
    Against,
    FeatureDrift,
    drifts,
    last_windows,
    level_of_look,
)
from radiograde.service.monitoring.film_sample import (
    CATEGORIES,
    INPUT_CHECK,
    NUMBERS,
    OF_MODEL,
    SCORES,
    FilmRow,
    FilmSample,
)
from radiograde.service.monitoring.model_reference import model_reference
from radiograde.service.monitoring.monitor_report import (
    DeliveryDrift,
    MonitorReport,
    ReferenceState,
    series_of,
)
from radiograde.service.monitoring.review_series import MONTH, review_series
from radiograde.service.monitoring.significance import fisher_test
from radiograde.service.monitoring.statistics_repository import StatisticsRepository
from radiograde.service.notifications.notice_recorder import NoticeRecorder

log = structlog.get_logger("radiograde.monitor")

FEWEST = 200
"""Films that make a first month, however many days they take."""

_OF_FILMS = tuple(name for name in (*NUMBERS, *CATEGORIES) if name not in OF_MODEL)
_KEPT = max(window.films + window.every for window in WINDOWS)
_DAY = timedelta(days=1)
_DELIVERIES = WINDOWS[0]


@dataclass(frozen=True, slots=True)
class Monitor:
    """Watches one model at a time; safe to share among threads and processes.

    Every method raises StoreError where the database does not answer.
    """

    database: Database
    rules: MonitorConfig
    notices: NoticeRecorder

    @property
    def alarms(self) -> AlarmRepository:
        """What was noticed so far."""
        return AlarmRepository(self.database)

    def run(self, scorer: Scorer) -> list[Alarm]:
        """Raise the alarms that do not stand yet, notify, and return them."""
        report = self.report(scorer)
        raised = []
        with self.database.write() as connection:
            for key, reason in report.findings():
                action = self._action(key)
                if action == "ignore":
                    continue
                stops = action == "stop"
                sha256 = report.model.sha256
                alarm = self.alarms.raise_once(connection, sha256, key, reason, stops=stops)
                if alarm is not None:
                    self.notices.of_alarm(connection, alarm.model, reason, alarm.id, stops=stops)
                    raised.append(alarm)
        for alarm in raised:
            log.warning("alarm", model=alarm.model, about=alarm.feature, stops=alarm.stops)
        return raised

    def report(self, scorer: Scorer) -> MonitorReport:
        """Return what is seen of the model that grades now."""
        facts, alarms = scorer.facts, self.alarms
        cleared, restarted = alarms.last_cleared(), alarms.last_cleared(new_normal=True)
        statistics = StatisticsRepository(self.database)
        recent = statistics.last(None, facts.sha256, _KEPT)
        reference = model_reference(scorer.metadata.raw)
        site = [
            self._against_site(facts.sha256, OF_MODEL, restarted, cleared),
            self._against_site(None, _OF_FILMS, restarted, cleared),
        ]
        found = [drift for drifts_of in site for drift in drifts_of or ()]
        if reference is not None:
            found += self._against_model(facts, reference, cleared)
        return MonitorReport(
            model=facts,
            films=statistics.count(None, facts.sha256),
            site="learning" if None in site else "compared",
            reference=_state(reference),
            drifts=found,
            series=series_of(recent),
            agreement=self._agreement(facts.sha256, restarted),
            deliveries=self._deliveries(cleared),
            stopped=alarms.is_stopped(facts.sha256),
            standing=alarms.standing(),
            cleared=alarms.cleared(),
        )

    def _action(self, key: str) -> Action:
        against, feature = key.split(":", 1)
        if feature == "agreement":
            return self.rules.agreement
        if feature == "deliveries":
            return self.rules.deliveries
        if against == "model":
            return self.rules.reference
        if feature in SCORES:
            return self.rules.scores
        return self.rules.input_check if feature in INPUT_CHECK else self.rules.films

    def _against_site(
        self,
        model: str | None,
        features: Sequence[str],
        restarted: datetime | None,
        cleared: datetime | None,
    ) -> list[FeatureDrift] | None:
        """Return how films differ from those of the first month; None while that lasts."""
        statistics = StatisticsRepository(self.database)
        days = timedelta(days=self.rules.first_days)
        first = statistics.first(restarted, model, days, FEWEST)
        if not first:
            return None
        after = max(first[-1].graded, cleared or first[-1].graded)
        expected = FilmSample.of(first)
        return self._look(model, expected, "site", features, after, _a_month(first))

    def _against_model(
        self, facts: ModelFacts, reference: FilmSample, cleared: datetime | None
    ) -> list[FeatureDrift]:
        taken = self.alarms.accepted(facts.sha256, "model")
        features = [name for name in (*NUMBERS, *CATEGORIES) if name not in taken]
        statistics = StatisticsRepository(self.database)
        rate = _a_month(statistics.last(cleared, facts.sha256, _KEPT))
        return self._look(facts.sha256, reference, "model", features, cleared, rate)

    def _look(
        self,
        model: str | None,
        reference: FilmSample,
        against: Against,
        features: Sequence[str],
        after: datetime | None,
        films_a_month: float,
    ) -> list[FeatureDrift]:
        statistics = StatisticsRepository(self.database)
        count = statistics.count(after, model)
        rows = statistics.last(after, model, _KEPT)
        return [
            drift
            for window, level in last_windows(rows, count, films_a_month)
            for drift in drifts(window, reference, against, level, set(features))
        ]

    def _agreement(self, model: str, restarted: datetime | None) -> ControlChart:
        series = review_series(self.database, model, restarted)
        return control_chart(series.differences, series.first, series.a_month)

    def _deliveries(self, cleared: datetime | None) -> DeliveryDrift | None:
        found = delivery_counts(self.database, _DELIVERIES, cleared)
        if found is None:
            return None
        p = fisher_test(found.parked, found.films, found.first_parked, found.first_films)
        level = level_of_look(found.first_films, _DELIVERIES)
        return DeliveryDrift(**asdict(found), p=p, level=level)


def _state(reference: FilmSample | None) -> ReferenceState:
    return "absent" if reference is None else "compared"


def _a_month(rows: Sequence[FilmRow]) -> float:
    """Return how many films a month come, by when these were graded."""
    if not rows:
        return 0.0
    span = max(rows[-1].graded - rows[0].graded, _DAY)
    return len(rows) * (MONTH / span)
