"""Workitems of a UPS-RS server: claimed once, graded once, and completed or cancelled."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from pydicom import dcmread
from pydicom.dataset import Dataset

from radiograde.model.limits import Limits
from radiograde.service.config.archives import UpsConfig
from radiograde.service.config.site import DicomWebDestinationConfig
from radiograde.service.database.tables import films
from radiograde.service.delivery.destinations.dicomweb_destination import DicomWebDestination
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.grading.records import Records
from radiograde.service.pacs.dicomweb_pacs import DicomWebPacs
from radiograde.service.ups.outputs import Outputs
from radiograde.service.ups.performer import Performer
from radiograde.service.ups.ups_client import UpsClient
from radiograde.service.ups.workitem import Workitem, performed
from radiograde.service.ups.workitem_repository import ClaimedItem, WorkitemRepository
from tests.service.delivery.withdrawing import deliver, film_of, uid_of, work_of
from tests.service.documents.graded_films import film_bytes
from tests.service.grading.graders import DirectWork
from tests.service.priors.fake_pacs import FakePacs
from tests.service.ups.ups_server import UpsServer, running_ups_server

UID = "1.2.826.0.1.3680043.10.1541.9.1"


@dataclass
class Site:
    """An installation with a worklist and a PACS, whose work is done when it is asked for."""

    server: UpsServer
    records: Records
    work: DirectWork
    performer: Performer

    def settle(self, rounds: int = 8) -> None:
        """Have all work done that there is."""
        for _ in range(rounds):
            with self.records.database.write() as connection:
                connection.exec_driver_sql("UPDATE workitems SET due = begun")
            self.performer.work()
            for film in self.records.database.values(sa.select(films.c.id), str):
                self.work.grade(film)
                deliver(self.records, self.work, film)

    def item(self, uid: str = UID) -> ClaimedItem:
        found = self.performer.repository.find("worklist", uid)
        assert found is not None
        return found

    @property
    def state(self) -> str:
        return str(self.server.workitems[UID].ProcedureStepState)


@contextmanager
def site_of(records: Records, **keys: object) -> Iterator[Site]:
    with running_ups_server() as server:
        pacs = DicomWebDestinationConfig(type="dicomweb", name="pacs", url=server.url, send=("sr",))
        table = {"name": "worklist", "url": server.url, "pacs": "pacs", "stations": ["GRADER"]}
        ups = UpsConfig.model_validate(table | keys)
        work = work_of(records, (pacs, DicomWebDestination(pacs)))
        yield Site(
            server,
            records,
            work,
            Performer(
                ups,
                UpsClient(ups),
                WorkitemRepository(records.database),
                DicomWebPacs(pacs, Limits()),
                Outputs(records.films, records.deliveries, records.withdrawals, {"pacs": pacs}),
                records.intake,
                RetryPolicy(timedelta(hours=72)),
            ),
        )


@pytest.fixture
def site(records: Records) -> Iterator[Site]:
    with site_of(records) as opened:
        yield opened


def test_a_workitem_is_claimed_performed_and_completed(site: Site) -> None:
    site.server.add(UID, film_of(1), film_of(2))
    site.performer.work()
    site.performer.work()
    assert site.state == "IN PROGRESS"
    site.settle()
    assert site.state == "COMPLETED"
    assert site.server.claims == {UID: 1}
    step = site.server.workitems[UID].UnifiedProcedureStepPerformedProcedureSequence[0]
    assert step.PerformedStationNameCodeSequence[0].CodeValue == "GRADER"
    assert step.PerformedWorkitemCodeSequence[0].CodeValue == "GRADE"
    assert step.PerformedProcedureStepStartDateTime <= step.PerformedProcedureStepEndDateTime
    assert site.item().state == "completed"
    site.settle(2)
    assert len(site.records.jobs.page(9)) == 2


def test_what_was_stored_is_named_as_output_and_where_to_have_it(site: Site) -> None:
    site.server.add(UID, film_of(1), film_of(2))
    site.settle()
    outputs = site.server.outputs(UID)
    assert outputs.keys() == site.server.stored.keys()
    assert len(outputs) == 2
    for uid, item in outputs.items():
        report = dcmread(io.BytesIO(site.server.stored[uid]))
        assert item.SeriesInstanceUID == report.SeriesInstanceUID
        assert item.ReferencedSOPSequence[0].ReferencedSOPClassUID == report.SOPClassUID
        url = item.WADORSRetrievalSequence[0].RetrieveURL
        assert url.startswith(f"{site.server.url}/studies/{report.StudyInstanceUID}/series/")


@pytest.mark.parametrize(
    "others",
    [
        {"station": ("OTHER", "99SITE", "Another reader")},
        {"readiness": "INCOMPLETE"},
        {"readiness": "UNAVAILABLE"},
    ],
)
def test_what_is_anothers_or_not_ready_is_left_alone(site: Site, others: dict[str, object]) -> None:
    site.server.add(UID, film_of(1), **others)
    site.settle(3)
    assert site.state == "SCHEDULED"
    assert site.records.jobs.page(9) == []


def test_workitems_are_known_by_their_procedure_too(records: Records) -> None:
    with site_of(records, stations=[], procedures=["GRADE"]) as site:
        site.server.add(UID, film_of(1), station=("ANY", "99SITE", "Any"))
        site.settle()
        assert site.state == "COMPLETED"
    with site_of(records, procedures=["SOMETHING"]) as site:
        site.server.add(f"{UID}.2", film_of(2))
        site.settle(3)
        assert site.server.states() == {"SCHEDULED": 1}


def test_a_series_that_is_named_without_its_instances_is_searched_for_films(site: Site) -> None:
    lateral = film_bytes(SOPInstanceUID=f"{UID}.7", SeriesInstanceUID=f"{UID}.8")
    report = film_bytes(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", SOPInstanceUID=f"{UID}.9")
    site.server.add(UID, film_of(1))
    (item,) = site.server.workitems[UID].InputInformationSequence
    del item.ReferencedSOPSequence
    site.performer.pacs = FakePacs([film_of(1), lateral, report])
    site.settle()
    assert site.state == "COMPLETED"
    assert [one.source for one in site.records.jobs.page(9)] == ["dicomweb"]
    assert site.item().films == [uid_of(1)]


def test_who_performed_is_said_where_no_station_was_scheduled() -> None:
    now = datetime.now(UTC)
    (document,) = json.loads(
        performed("1.2", Workitem(UID, "", True, (), (), (), ()), now, now, [])
    )
    (step,) = Dataset.from_json(document).UnifiedProcedureStepPerformedProcedureSequence
    assert step.PerformedStationNameCodeSequence[0].CodeValue == "RADIOGRADE"
    assert list(step.OutputInformationSequence) == []


def test_what_another_claimed_first_is_not_performed(site: Site) -> None:
    site.server.add(UID, film_of(1))
    kept = site.server.workitems[UID]

    def another(method: str, path: str) -> None:
        if method == "PUT" and kept.ProcedureStepState == "SCHEDULED":
            kept.ProcedureStepState, kept.TransactionUID = "IN PROGRESS", "1.2.3"

    site.server.before = another
    site.settle(4)
    assert (site.item().state, site.state) == ("lost", "IN PROGRESS")
    assert site.records.jobs.page(9) == []


@pytest.mark.parametrize("lost", [("PUT", "/state"), ("POST", UID), ("GET", UID), ("GET", "items")])
def test_a_lost_answer_changes_nothing(site: Site, lost: tuple[str, str]) -> None:
    """Of a claim too: it is asked for again under the same transaction."""
    site.server.add(UID, film_of(1))
    site.server.lost += [lost] * 2
    site.settle(12)
    assert site.server.lost == []
    assert site.state == "COMPLETED"
    assert site.server.claims == {UID: 1}
    assert len(site.records.jobs.page(9)) == 1


def test_films_that_are_here_are_not_fetched_or_graded_again(site: Site) -> None:
    film = site.records.intake.accept(film_of(1), "dicom").film_id
    site.work.grade(film)
    deliver(site.records, site.work, film)
    began = site.records.results.stored(film).began
    site.server.add(UID, film_of(1))
    asked: list[str] = []
    site.server.before = lambda method, path: asked.append(path)
    site.settle()
    assert site.state == "COMPLETED"
    assert not any("/instances/" in path for path in asked)
    assert site.records.results.stored(film).began == began
    assert len(site.server.outputs(UID)) == 1


def test_what_cannot_be_had_is_cancelled_with_the_reason(site: Site) -> None:
    site.server.add(UID, film_of(1))
    site.server.films.clear()
    site.settle(10)
    assert site.state == "CANCELED"
    (step,) = site.server.workitems[UID].ProcedureStepProgressInformationSequence
    assert "404" in step.ReasonForCancellation
    assert step.ProcedureStepDiscontinuationReasonCodeSequence[0].CodeValue == "110513"
    assert (site.item().state, site.item().error) == ("canceled", "unperformed")


def test_what_is_no_film_or_cannot_be_graded_is_cancelled(site: Site) -> None:
    ct = film_bytes(SOPClassUID="1.2.840.10008.5.1.4.1.1.2", SOPInstanceUID=f"{UID}.5")
    torn = film_of(2)[:-1000]
    site.server.add(UID, ct)
    site.server.add(f"{UID}.2", film_of(2))
    site.server.films = dict.fromkeys(site.server.films, torn)
    site.settle(10)
    assert site.server.states() == {"CANCELED": 2}
    reasons = {
        str(one.ProcedureStepProgressInformationSequence[0].ReasonForCancellation)
        for one in site.server.workitems.values()
    }
    assert len(reasons) == 2
    assert any("no radiograph" in one for one in reasons)
    assert any("could be graded" in one for one in reasons)


def test_results_that_are_not_stored_hold_it_up_and_then_cancel_it(site: Site) -> None:
    site.server.add(UID, film_of(1))
    site.performer.work()
    site.performer.work()
    (job,) = site.records.jobs.page(9)
    site.work.grade(job.id)
    with site.records.database.write() as connection:
        connection.exec_driver_sql("UPDATE workitems SET due = begun")
    site.performer.work()
    assert site.state == "IN PROGRESS"
    with site.records.database.write() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'parked'")
    site.settle(4)
    assert site.state == "CANCELED"


def test_what_its_requester_cancelled_or_removed_meanwhile_is_let_go(site: Site) -> None:
    for uid, film in ((UID, film_of(1)), (f"{UID}.2", film_of(2))):
        site.server.add(uid, film)
    site.performer.work()
    site.performer.work()
    site.server.workitems[UID].ProcedureStepState = "CANCELED"
    del site.server.workitems[f"{UID}.2"]
    site.settle(3)
    assert {site.item().state, site.item(f"{UID}.2").state} == {"canceled"}


def test_a_check_claims_nothing_and_says_what_is_wrong(site: Site) -> None:
    site.server.add(UID, film_of(1))
    assert [one.level for one in site.performer.client.check()] == ["ok"] * 3
    assert site.state == "SCHEDULED"
    elsewhere = site.performer.config.model_copy(update={"url": f"{site.server.url}/nothing"})
    assert UpsClient(elsewhere).check()[-1].level == "fail"


def test_a_worklist_that_does_not_answer_is_asked_later(site: Site) -> None:
    site.server.add(UID, film_of(1))
    site.server.lost.append(("GET", "/workitems"))
    assert site.performer.work() == site.performer.config.every_s
    assert site.performer.work() == 0.0
    site.performer.work()
    assert site.state == "IN PROGRESS"


def test_no_more_are_in_hand_than_may_be(records: Records) -> None:
    with site_of(records, at_once=2) as site:
        for number in range(5):
            site.server.add(f"{UID}.{number}", film_of(number))
        site.performer.work()
        site.performer.work()
        assert site.server.states() == {"IN PROGRESS": 2, "SCHEDULED": 3}
        site.settle(12)
        assert site.server.states() == {"COMPLETED": 5}


def test_a_workitem_is_taken_up_by_one_and_by_another_once_that_one_is_gone(
    records: Records,
) -> None:
    repository = WorkitemRepository(records.database)
    assert repository.add("worklist", UID)
    assert not repository.add("worklist", UID)
    (first,) = repository.take_due("worklist", timedelta(hours=1))
    assert first.transaction_uid.startswith("2.25.")
    assert list(repository.take_due("worklist", timedelta(hours=1))) == []
    repository.wait(first, 0.0)
    (_,) = repository.take_due("worklist", timedelta(0))
    (again,) = repository.take_due("worklist", timedelta(hours=1))
    assert (again.transaction_uid, again.starts) == (first.transaction_uid, 1)


def test_one_that_ends_the_worker_each_time_is_cancelled(site: Site) -> None:
    site.server.add(UID, film_of(1))
    site.performer.work()
    site.performer.work()
    with site.records.database.write() as connection:
        connection.exec_driver_sql("UPDATE workitems SET starts = 3, state = 'claimed'")
    site.settle(3)
    assert site.state == "CANCELED"
