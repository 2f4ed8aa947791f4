"""The metrics of an installation and of this process, in Prometheus' exposition format."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from prometheus_client import generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector, CollectorRegistry

from radiograde import __version__
from radiograde.service.audit.audit_log import events_waiting
from radiograde.service.config.settings import Settings
from radiograde.service.database.tables import deliveries, film_counts, films
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.records import Records
from radiograde.service.grading.slots import living
from radiograde.service.measures import BOUNDS, MEASURES, Measures
from radiograde.service.programme.model_repository import ModelRepository

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_COUNTED = {
    "requests": ("Requests answered", ("route", "method", "status")),
    "graded": ("Films graded", ("status",)),
    "refused": ("Films refused, by why", ("reason",)),
}
_TIMED = {
    "request_seconds": ("How long requests took", ("route",)),
    "grading_seconds": ("How long grading took", ("stage",)),
}


@dataclass(frozen=True, slots=True)
class InstallationCollector(Collector):
    """Asks the records at each scrape."""

    records: Records
    settings: Settings
    measures: Measures = MEASURES

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics. Raises StoreError."""
        yield self._info()
        yield from self._of_work()
        yield from self._of_disk()
        faults = GaugeMetricFamily("radiograde_fault", "What stands to be mended", labels=["code"])
        for fault in standing_faults(self.records, self.settings):
            faults.add_metric([fault.code], 1)
        yield faults
        yield from self._of_this_process()

    def _info(self) -> Metric:
        model = ModelRepository(self.records.database).production()
        labels = {
            "version": __version__,
            "model": "" if model is None else model.sha256[:12],
            "model_version": "" if model is None else model.version,
        }
        info = GaugeMetricFamily("radiograde_info", "What runs", labels=list(labels))
        info.add_metric(list(labels.values()), 1)
        return info

    def _of_work(self) -> Iterator[Metric]:
        with self.records.database.reading() as connection:
            of_states = connection.execute(
                sa.select(film_counts.c.state, sa.func.sum(film_counts.c.films)).group_by(
                    film_counts.c.state
                )
            ).all()
            of_destinations = connection.execute(
                sa.select(deliveries.c.destination, deliveries.c.state, sa.func.count()).group_by(
                    deliveries.c.destination, deliveries.c.state
                )
            ).all()
            waiting = sa.select(sa.func.min(films.c.changed)).where(films.c.state == "waiting")
            oldest = connection.scalar(waiting)
            workers = len(living(connection))
        kept = GaugeMetricFamily("radiograde_films", "Films, by their state", labels=["state"])
        for state, count in of_states:
            kept.add_metric([state], count)
        yield kept
        sent = GaugeMetricFamily(
            "radiograde_deliveries", "Deliveries", labels=["destination", "state"]
        )
        for destination, state, count in of_destinations:
            sent.add_metric([destination, state], count)
        yield sent
        age_s = 0.0 if oldest is None else (datetime.now(UTC) - oldest).total_seconds()
        yield _gauge("radiograde_queue_age_seconds", "How long the oldest film waits", age_s)
        yield _gauge("radiograde_workers", "Workers that live", workers)
        waiting_events = events_waiting()
        yield _gauge(
            "radiograde_audit_waiting", "Events that are not in the trail yet", waiting_events
        )

    def _of_disk(self) -> Iterator[Metric]:
        folder = self.settings.data_dir
        free = shutil.disk_usage(folder).free
        yield _gauge("radiograde_disk_free_bytes", "Room on the disk of the films", free)
        if hasattr(os, "statvfs"):
            inodes = os.statvfs(folder).f_favail
            yield _gauge("radiograde_inodes_free", "Files that the disk has room for", inodes)

    def _of_this_process(self) -> Iterator[Metric]:
        for name, (what, labels) in _COUNTED.items():
            counter = CounterMetricFamily(f"radiograde_{name}", what, labels=labels)
            for values, count in self.measures.counts(name).items():
                counter.add_metric(values, count)
            yield counter
        for name, (what, labels) in _TIMED.items():
            histogram = HistogramMetricFamily(f"radiograde_{name}", what, labels=labels)
            for values, durations in self.measures.durations(name).items():
                total, buckets = 0, []
                for bound, count in zip((*BOUNDS, "+Inf"), durations.buckets, strict=True):
                    total += count
                    buckets.append((str(bound), float(total)))
                histogram.add_metric(values, buckets, durations.total_s)
            yield histogram


def exposition(records: Records, settings: Settings) -> bytes:
    """Return the metrics as a scrape gets them. Raises StoreError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(InstallationCollector(records, settings))
    return bytes(generate_latest(registry))


def _gauge(name: str, what: str, value: float) -> Metric:
    gauge = GaugeMetricFamily(name, what)
    gauge.add_metric([], value)
    return gauge
