"""An installation whose interfaces listen, with a destination for the test and a clinical one."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from radiograde.model.scoring.scorer import Scorer
from radiograde.service.config.constancy_config import ConstancyConfig
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import FolderDestinationConfig, NodeConfig
from radiograde.service.constancy.film_measuring import FilmMeasuring, SentFilm
from radiograde.service.constancy.film_senders import film_senders
from radiograde.service.constancy.nightly_constancy import NightlyConstancy
from radiograde.service.constancy.open_constancy import open_constancy
from radiograde.service.database.tables import deliveries, films
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.dimse.node import start_node
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.records import Records
from tests.service.http.live import listening

TEST, CLINICAL = "constancy", "share"


@dataclass(frozen=True, slots=True)
class WorkedMeasuring(FilmMeasuring):
    """Has the queue's work done at once, instead of waiting for a worker."""

    work: Callable[[], None] = lambda: None

    def wait(self, sent: Sequence[SentFilm], wait_s: float, stop: threading.Event) -> None:
        self.work()


@dataclass
class Installation:
    """Its records, who grades what is queued, and its nightly run."""

    records: Records
    grader: FilmGrader
    nightly: NightlyConstancy
    address: str
    clinical: Path
    test: Path

    def found(self) -> list[tuple[str, str]]:
        """Do a run, and return the kind and place of each finding."""
        run = self.nightly.run()
        return [(one["kind"], one["where"]) for one in run.findings or ()]


def folder(name: str, path: Path, **chosen: object) -> FolderDestinationConfig:
    path.mkdir()
    return FolderDestinationConfig.model_validate(
        {"type": "folder", "name": name, "path": path, "send": ["json", "fhir"], **chosen}
    )


@contextmanager
def installation(data: Path, scorer: Scorer) -> Iterator[Installation]:
    """Run one within the ``with`` block."""
    clinical = folder(CLINICAL, data / CLINICAL, sources=["dicom", "dicomweb", "folder", "http"])
    test = folder(TEST, data / TEST, sources=["constancy"])
    both = (clinical, test)
    with listening(data / "data", scorer, destination=both) as (app, port):
        records: Records = app.state.runtime.records
        with start_node(NodeConfig(port=0), records.intake, records.intake) as node:
            config = ConstancyConfig(
                sources=("http", "dicomweb", "dicom"), url=f"http://127.0.0.1:{port}"
            )
            settings = Settings(
                data_dir=data / "data",
                destination=both,
                constancy=config,
                node=NodeConfig(port=node.port),
            )
            grader = FilmGrader(records, scorer, settings.limits)
            nightly = open_constancy(settings, records)
            measuring = WorkedMeasuring(
                records.films,
                records.results,
                records.traces,
                records.deliveries,
                settings.destination,
                lambda: do_work(records, grader, settings),
            )
            nightly = dataclasses.replace(
                nightly,
                measuring=measuring,
                senders=film_senders(settings.constancy, settings.node),
                pictures=("3",),
            )
            yield Installation(records, grader, nightly, config.url, clinical.path, test.path)


def do_work(records: Records, grader: FilmGrader, settings: Settings) -> None:
    """Grade and deliver what waits."""
    waiting = sa.select(films.c.id).where(films.c.state == "waiting")
    for id in records.database.values(waiting, str):
        grader.grade_waiting(id)
    places = {one.name: (one, open_destination(one)) for one in settings.destination}
    retries = RetryPolicy(timedelta(hours=1))
    deliverer = Deliverer(records.deliveries, records.document_store, places, retries)
    due = sa.select(deliveries.c.film_id).where(deliveries.c.state == "waiting")
    for id in records.database.values(due, str):
        for one in settings.destination:
            deliverer.deliver(id, one.name)
