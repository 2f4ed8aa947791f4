"""What the monitor sees at one moment, for page, command and alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from radiograde.model.scoring.result import ModelFacts
from radiograde.service.monitoring.alarm_repository import Alarm
from radiograde.service.monitoring.control_chart import ControlChart
from radiograde.service.monitoring.drift import FeatureDrift
from radiograde.service.monitoring.film_sample import NUMBERS, FilmRow

BLOCK = 25
"""Films a point of a chart."""

ReferenceState = Literal["compared", "learning", "absent"]


@dataclass(frozen=True, slots=True)
class DeliveryDrift:
    """Deliveries that were given up: among the last ones, and in the first month."""

    films: int
    parked: int
    first_films: int
    first_parked: int
    p: float
    level: float

    @property
    def is_alarm(self) -> bool:
        """Whether more are given up than by chance."""
        more = self.parked * self.first_films > self.first_parked * self.films
        return more and self.p < self.level


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """``site``, ``reference``: whether films are compared with the first month, and the model's.

    ``films``: that this model graded. ``drifts``: of each feature, the last look through each
    window. ``series``: medians of ``BLOCK`` films by feature, the last ones. ``agreement``:
    readers' scores minus the model's.
    """

    model: ModelFacts
    films: int
    site: ReferenceState
    reference: ReferenceState
    drifts: Sequence[FeatureDrift]
    series: Mapping[str, Sequence[float | None]]
    agreement: ControlChart
    deliveries: DeliveryDrift | None
    stopped: bool
    standing: Sequence[Alarm]
    cleared: Sequence[Alarm]

    def findings(self) -> Iterator[tuple[str, str]]:
        """Yield what is more than chance: what it is about, and a sentence."""
        for drift in self.drifts:
            if drift.is_alarm:
                yield drift.key, drift.reason
        chart = self.agreement
        if chart.is_alarm:
            yield (
                "site:agreement",
                f"Readers' scores differ from the model's by {chart.points[-1]:+.1f} points on "
                f"average in the last reviews; usual is {chart.low:+.1f} to {chart.high:+.1f}.",
            )
        sent = self.deliveries
        if sent is not None and sent.is_alarm:
            yield (
                "site:deliveries",
                f"{sent.parked} of the last {sent.films} deliveries were given up, in the first "
                f"month {sent.first_parked} of {sent.first_films}.",
            )

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON types."""
        return {
            "model": asdict(self.model),
            "films": self.films,
            "site": self.site,
            "reference": self.reference,
            "stopped": self.stopped,
            "drifts": [_drift_json(drift) for drift in self.drifts],
            "series": {name: list(points) for name, points in self.series.items()},
            "agreement": asdict(self.agreement),
            "deliveries": self.deliveries and asdict(self.deliveries),
            "alarms": [alarm.to_json() for alarm in self.standing],
            "cleared": [alarm.to_json() for alarm in self.cleared],
        }


def _drift_json(drift: FeatureDrift) -> dict[str, Any]:
    return {**asdict(drift), "alarm": drift.is_alarm}


def series_of(rows: Sequence[FilmRow]) -> dict[str, list[float | None]]:
    """Return medians of blocks of films in their order; None of a block that knows none."""
    blocks = [rows[start : start + BLOCK] for start in range(0, len(rows) - BLOCK + 1, BLOCK)]
    return {name: [_median(block, name) for block in blocks] for name in NUMBERS}


def _median(rows: Sequence[FilmRow], name: str) -> float | None:
    values = [value for value in (getattr(row, name) for row in rows) if value is not None]
    return round(float(np.median(values)), 4) if values else None
