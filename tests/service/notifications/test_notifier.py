"""Each event is told once to each channel, whatever ends in between, and names nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from radiograde.command import main
from radiograde.model.limits import Limits
from radiograde.service.config.notify import WebhookConfig
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import FilmSource, FolderDestinationConfig
from radiograde.service.database.tables import notices
from radiograde.service.delivery.breakers import Breakers
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.destinations.destination import Finding
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.errors import RefusedError, UnreachableError
from radiograde.service.grading.faults import standing_faults
from radiograde.service.grading.film_grader import FilmGrader
from radiograde.service.grading.reconciler import Reconciler
from radiograde.service.grading.records import Records, open_records
from radiograde.service.notifications.notice import Message
from radiograde.service.notifications.notifier import Notifier
from tests.service.delivery.test_rules import BareDocuments, TableScorer, film_with
from tests.service.grading.graders import Outbox

NAME = "김^민준"
VARIABLE = "HOOK"
NOON = datetime(2026, 3, 4, 12).astimezone()


@dataclass
class Pager:
    """A channel that remembers; an ``error`` is raised instead, or after it took the message."""

    error: BaseException | None = None
    after: BaseException | None = None
    got: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        if self.error is not None:
            raise self.error
        self.got.append(message)
        if self.after is not None:
            raise self.after

    def check(self) -> list[Finding]:
        return []

    @property
    def events(self) -> list[tuple[str, str | None]]:
        return [(one.event, one.data.get("result_id")) for one in self.got]


def channel(name: str, **more: Any) -> WebhookConfig:
    return WebhookConfig(
        name=name, type="webhook", url="https://hook.example", secret_env=VARIABLE, **more
    )


CHANNELS = (
    channel("pager", link="https://radiograde.example/", quiet_hours="22:00-06:00"),
    channel("ward", events=("severe",), sources=("dicom",), identifiers="full"),
)


@dataclass
class House:
    """An installation with two channels, and a clock to be set."""

    records: Records
    pagers: dict[str, Pager]
    scorer: TableScorer
    grader: FilmGrader
    notifier: Notifier
    now: datetime = NOON
    films: int = 0

    def grade(self, brixia: float, source: FilmSource = "dicom", **changed: str) -> str:
        """Return the id of the patient's next film, graded."""
        self.films += 1
        content = film_with(
            **{"SOPInstanceUID": f"1.2.9.{self.films}", "AcquisitionDate": f"202604{self.films:02}"}
            | changed
        )
        self.scorer.brixia = brixia
        film = self.records.intake.accept(content, source, "XRAY1").film_id
        self.grader.grade_waiting(film)
        return film

    def notify(self) -> None:
        """Try every notification that waits once."""
        for id in self.records.notices.notices.waiting():
            self.notifier.notify(id)

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        asked = [notices.c[name] for name in columns]
        query = sa.select(*asked).order_by(notices.c.id)
        with self.records.database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(data_dir=tmp_path / "data", notify=CHANNELS)
    with closing(open_records(settings)) as records:
        scorer, pagers = TableScorer(), {one.name: Pager() for one in CHANNELS}
        made: House
        notifier = Notifier(
            records.notices.notices,
            {one.name: (one, pagers[one.name]) for one in CHANNELS},
            records.archive,
            Limits(),
            RetryPolicy(timedelta(hours=72)),
            clock=lambda: made.now,
        )
        made = House(records, pagers, scorer, FilmGrader(records, scorer, Limits()), notifier)
        yield made


def test_severe_and_certainly_worse_are_told_once(house: House) -> None:
    films = [house.grade(brixia) for brixia in (2.0, 7.0, 9.0, 14.0, 13.0, -1.0)]
    house.notify()
    house.notify()
    assert sorted(house.pagers["pager"].events) == sorted(
        [("worse", films[1]), ("severe", films[3]), ("worse", films[3]), ("severe", films[4])]
    )
    assert house.pagers["ward"].events == [("severe", films[3]), ("severe", films[4])]
    with house.records.database.write() as connection:
        house.records.films.start_over(connection, films[3])
    house.scorer.brixia = 15.0
    house.grader.grade_waiting(films[3])
    house.notify()
    assert len(house.rows("id")) == len(house.pagers["pager"].got) + 2 == 6


def test_nobody_is_named_unless_the_site_file_lets_it(house: House) -> None:
    film = house.grade(14.0)
    house.notify()
    (told,), (named,) = (house.pagers[name].got for name in ("pager", "ward"))
    assert told.data == {
        "result_id": film,
        "severity": "severe",
        "brixia": 14.0,
        "view": "PA",
        "sender": "XRAY1",
        "link": f"https://radiograde.example/#/film/{film}",
    }
    everything = json.dumps(
        [told.to_json(), told.text(), house.rows("details", "key")], default=str
    )
    for secret in (NAME, "P-1", "ACC-7", "1.2.9.1"):
        assert secret not in everything
    assert {"patient_name", "patient_id", "accession"} <= named.data.keys()
    assert named.data["patient_id"] == "P-1"
    assert "민준" in named.text()


def test_a_source_that_is_not_served_is_not_told_of(house: House) -> None:
    film = house.grade(14.0, "http")
    house.notify()
    assert house.pagers["pager"].events == [("severe", film)]
    assert house.pagers["ward"].events == []
    house.records.intake.accept(house.records.archive.film(film), "dicom")
    house.grader.grade_waiting(film)
    house.notify()
    assert house.pagers["pager"].events == house.pagers["ward"].events == [("severe", film)]


@pytest.mark.parametrize("killed", ["before", "after"])
def test_a_worker_that_is_killed_doubles_and_loses_nothing(house: House, killed: str) -> None:
    films = [house.grade(14.0, PatientID=str(number)) for number in range(5)]
    pager = house.pagers["pager"]
    for id in house.records.notices.notices.waiting():
        setattr(pager, "error" if killed == "before" else "after", KeyboardInterrupt())
        try:
            house.notifier.notify(id)
        except KeyboardInterrupt:
            assert house.records.notices.notices.was_begun(id)
        pager.error = pager.after = None
        house.notifier.notify(id)
    assert {one.id: one.data["result_id"] for one in pager.got} == {
        id: film for (id, film, name) in house.rows("id", "film_id", "channel") if name == "pager"
    }
    assert {one.data["result_id"] for one in pager.got} == set(films)
    assert len({one.id for one in pager.got}) == 5
    assert {state for (state,) in house.rows("state")} == {"sent"}


def test_one_that_ends_its_worker_each_time_is_given_up(house: House) -> None:
    house.grade(14.0, "http")
    house.pagers["pager"].error = KeyboardInterrupt()
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            house.notify()
    house.notify()
    assert house.rows("state", "error") == [("parked", "gave_up")]
    house.pagers["pager"].error = None
    assert house.records.notices.notices.retry() == 1
    house.notify()
    assert house.rows("state") == [("sent",)]


def test_a_channel_that_is_down_is_tried_again(house: House) -> None:
    house.grade(14.0, "http")
    pager = house.pagers["pager"]
    pager.error = UnreachableError("It does not answer.")
    house.notify()
    assert house.rows("state", "attempts", "error") == [("waiting", 1, "unreachable")]
    pager.error = None
    house.notify()
    assert house.rows("state", "attempts", "error") == [("sent", 2, None)]
    assert len(pager.got) == 1


def test_what_is_refused_is_given_up_after_a_few_attempts(house: House) -> None:
    house.grade(14.0, "http")
    house.pagers["pager"].error = RefusedError("No.")
    for _ in range(6):
        house.notify()
    assert house.rows("state", "attempts", "error") == [("parked", 4, "refused")]


def test_what_was_given_up_is_a_fault_until_somebody_retries(house: House, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    house.grade(14.0, "http")
    assert standing_faults(house.records, settings) == []
    house.pagers["pager"].error = RefusedError("No.")
    for _ in range(4):
        house.notify()
    assert [one.code for one in standing_faults(house.records, settings)] == [
        "notifications_parked"
    ]
    command = ["jobs", "--data-dir", str(settings.data_dir), "retry", "--all"]
    assert "1 set going again" in CliRunner().invoke(main, command).output
    assert house.rows("state") == [("waiting",)]
    house.pagers["pager"].error = None
    house.notify()
    assert len(house.pagers["pager"].got) == 1


def test_quiet_hours_are_waited_out(house: House) -> None:
    house.now = datetime(2026, 3, 4, 23).astimezone()
    house.grade(14.0, "http")
    house.notify()
    assert house.pagers["pager"].got == []
    assert house.rows("state", "attempts") == [("waiting", 0)]
    house.now += timedelta(hours=8)
    house.notify()
    assert len(house.pagers["pager"].got) == 1


def test_a_result_that_was_withdrawn_is_told_to_nobody(house: House) -> None:
    film = house.grade(14.0, "http")
    house.records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
    house.notify()
    assert house.pagers["pager"].got == []
    assert house.rows("state") == [("dropped",)]


def test_a_delivery_that_is_given_up_is_told_once_a_day(house: House) -> None:
    records, outbox = house.records, Outbox("share", RefusedError("No."))
    share = FolderDestinationConfig(type="folder", name="share", path=Path("x"))
    films = [house.grade(2.0, PatientID=str(number)) for number in range(2)]
    deliverer = Deliverer(
        records.deliveries,
        BareDocuments(records.results),  # type: ignore[arg-type]
        {"share": (share, outbox)},
        RetryPolicy(timedelta(hours=72)),
        parked=records.notices.of_parked,
    )
    for film in films:
        with records.database.write() as connection:
            records.deliveries.plan(connection, film, ["share"])
        for _ in range(4):
            deliverer.deliver(film, "share")
        assert [one.state for one in records.jobs.get(film).deliveries] == ["parked"]
    house.notify()
    (told,) = house.pagers["pager"].got
    assert told.to_json()["type"] == "delivery.parked"
    assert told.data == {
        "result_id": films[0],
        "destination": "share",
        "reason": "refused",
        "link": f"https://radiograde.example/#/film/{films[0]}",
    }


def test_a_model_that_is_stopped_is_told_once(house: House) -> None:
    for _ in range(2):
        with house.records.database.write() as connection:
            house.records.notices.of_stopped_model(connection, "radiograde 1", "drift", "stop-1")
    house.notify()
    (told,) = house.pagers["pager"].got
    assert told.to_json()["type"] == "model.stopped"
    assert told.data["link"] == "https://radiograde.example"


def test_what_nobody_works_on_is_found(house: House) -> None:
    records = house.records
    house.grade(14.0, "http")
    reconciler = Reconciler(
        records.database,
        records.queue,
        records.films,
        records.deliveries,
        records.priors,
        Breakers(),
        records.notices.notices,
    )
    assert reconciler.reconcile() == 0
    with records.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM workflow_status WHERE name = 'notify'")
    assert reconciler.reconcile() == 1
    assert reconciler.reconcile() == 0
