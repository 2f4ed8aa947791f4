"""One FHIR resource of a result, however requests cross each other on their way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fhir.resources.bundle import Bundle as BundleR5
from fhir.resources.R4B.bundle import Bundle as BundleR4B

from radiograde.service.config.site import FhirDestinationConfig
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.documents.document import Document
from radiograde.service.documents.fhir.sent_resources import SentResource, places_held
from radiograde.service.errors import RefusedError, UnreachableError
from radiograde.service.grading.records import Records
from tests.service.delivery.test_withdrawal import PACS
from tests.service.delivery.web import Reply, Request, Web, running_web
from tests.service.delivery.withdrawing import (
    Archive,
    FhirServer,
    deliver,
    delivered,
    film_of,
    graded,
    work_of,
)


class SlowServer(FhirServer):
    """Takes a first transaction when it is let go, long after its sender gave up."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.arrived = threading.Event()
        self._lock = threading.Lock()
        self._waits = True

    def answer(self, request: Request) -> Reply:
        late = request.method == "POST" and self._waits
        if late:
            self._waits = False
            assert self.let_go.wait(20)
        with self._lock:
            reply = super().answer(request)
        if late:
            self.arrived.set()
        return reply

    def arrive(self) -> None:
        self.let_go.set()
        assert self.arrived.wait(20)


@contextmanager
def served(server: FhirServer | Callable[[Request], Reply]) -> Iterator[tuple[Web, Any]]:
    answer = server.answer if isinstance(server, FhirServer) else server
    with running_web(answer) as web:
        ehr = FhirDestinationConfig(type="fhir", name="ehr", url=f"{web.url}/fhir", timeout_s=1.0)
        yield web, (ehr, FhirDestination(ehr))


def statuses(server: FhirServer, kind: str = "DiagnosticReport") -> list[str]:
    return [one["status"] for one in server.kept.values() if one["resourceType"] == kind]


def test_a_request_that_arrives_after_the_withdrawal_creates_nothing(records: Records) -> None:
    """Its sender gave up on it, withdrew what it may have left, and was answered."""
    server = SlowServer()
    with served(server) as (_, target):
        work = work_of(records, target)
        film = graded(records, work)
        work.deliver(film, "ehr")
        records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient", "patient_safety")
        deliver(records, work, film)
        held = dict(server.kept)
        server.arrive()
    assert statuses(server) == ["entered-in-error"]
    assert set(statuses(server, "Observation")) == {"entered-in-error"}
    assert "P-1" not in json.dumps(held)
    assert {name for name in server.kept if name not in held} == {
        name for name in server.kept if name.startswith("Device/")
    }


def test_a_request_that_arrives_after_its_retry_adds_nothing(records: Records) -> None:
    server = SlowServer()
    with served(server) as (_, target):
        work = work_of(records, target)
        film = graded(records, work)
        work.deliver(film, "ehr")
        deliver(records, work, film)
        before = dict(server.kept)
        server.arrive()
    assert server.kept == before
    assert statuses(server) == ["preliminary"]


@pytest.mark.parametrize("version", ["R4", "R5"])
def test_places_are_held_by_valid_resources(version: str) -> None:
    held = places_held(
        [SentResource.of(name) for name in ("urn:oid:2.25.2", "Observation/urn:oid:2.25.3")]
    )
    (BundleR4B if version == "R4" else BundleR5).model_validate_json(held)
    kinds = [entry["resource"]["resourceType"] for entry in json.loads(held)["entry"]]
    assert kinds == ["DiagnosticReport", "Observation"]


class StrictServer(FhirServer):
    """Answers 412 where a condition is met by several resources, as hl7.org/fhir/http.html has it.

    ``also_for_one``: and where it is met by one.
    """

    def __init__(self, *, also_for_one: bool = False) -> None:
        super().__init__()
        self.most = 0 if also_for_one else 1

    def answer(self, request: Request) -> Reply:
        if request.method == "POST":
            for entry in json.loads(request.body)["entry"]:
                sought = entry["request"]["ifNoneExist"].removeprefix("identifier=")
                if len(self._named(entry["resource"]["resourceType"], sought)) > self.most:
                    return Reply(412, {"resourceType": "OperationOutcome", "issue": []})
        return super().answer(request)

    def double(self, kind: str) -> None:
        """Keep each resource of a kind twice, as two requests at once may leave them."""
        for one in [one for one in self.kept.values() if one["resourceType"] == kind]:
            number = f"{len(self.kept)}"
            self.kept[f"{kind}/{number}"] = one | {"id": number}


def test_a_later_412_is_success(records: Records) -> None:
    """A server that says so of what it has has it."""
    server = StrictServer(also_for_one=True)
    with served(server) as (_, target):
        work = work_of(records, target)
        film = delivered(records, work)
        before = dict(server.kept)
        with records.database.write() as connection:
            records.deliveries.send_anew(connection, film)
        deliver(records, work, film)
        assert [one.state for one in records.jobs.get(film).deliveries] == ["delivered"]
    assert server.kept == before


def test_a_device_that_is_there_twice_stops_no_other_result(records: Records) -> None:
    server = StrictServer()
    with served(server) as (_, target):
        work = work_of(records, target)
        delivered(records, work, 1)
        server.double("Device")
        other = delivered(records, work, 2)
        assert [one.state for one in records.jobs.get(other).deliveries] == ["delivered"]
    assert statuses(server) == ["preliminary", "preliminary"]
    devices = [name for name in server.kept if name.startswith("Device/")]
    named = {
        one["device"]["reference"]
        for one in server.kept.values()
        if one["resourceType"] == "Observation"
    }
    assert named == {devices[0]}


def test_of_a_report_that_is_there_twice_one_stands(records: Records) -> None:
    server = StrictServer()
    with served(server) as (_, target):
        work = work_of(records, target)
        film = delivered(records, work)
        server.double("DiagnosticReport")
        with records.database.write() as connection:
            records.deliveries.send_anew(connection, film)
        deliver(records, work, film)
        assert statuses(server) == ["preliminary", "entered-in-error"]
        records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
        deliver(records, work, film)
    assert statuses(server) == ["entered-in-error", "entered-in-error"]
    assert set(statuses(server, "Observation")) == {"entered-in-error"}


def test_a_412_of_which_nothing_is_there_is_refused() -> None:
    server = StrictServer(also_for_one=True)
    server.most = -1
    held = places_held([SentResource.of("urn:oid:2.25.2")])
    with served(server) as (_, (_, target)), pytest.raises(RefusedError, match="412"):
        target.send([_document(held)], "result")


class ChangingServer(FhirServer):
    """Someone else changes a report between its reading and its update, as often as is said."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def answer(self, request: Request) -> Reply:
        if request.method == "PUT" and "/DiagnosticReport/" in request.path and self.times > 0:
            self.times -= 1
            (report,) = (
                one for one in self.kept.values() if one["resourceType"] == "DiagnosticReport"
            )
            report["meta"] = report.get("meta", {}) | {"versionId": f"{self.times}"}
            report["conclusionCode"] = [{"text": "signed"}]
        return super().answer(request)


@pytest.mark.parametrize(("times", "puts"), [(1, 2), (2, 3)])
def test_what_others_change_meanwhile_is_read_again_and_kept(
    records: Records, times: int, puts: int
) -> None:
    server = ChangingServer(times)
    with served(server) as (web, target):
        work = work_of(records, target)
        film = delivered(records, work)
        records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
        work.deliver(film, "ehr")
        tried = [one for one in web.requests if "PUT" in one.method and "Report" in one.path]
        assert len(tried) == puts
    (report,) = (one for one in server.kept.values() if one["resourceType"] == "DiagnosticReport")
    assert (report["status"], report["conclusionCode"]) == (
        "entered-in-error",
        [{"text": "signed"}],
    )


def test_what_changes_without_end_is_tried_later(records: Records) -> None:
    server = ChangingServer(1_000)
    with served(server) as (_, target):
        work = work_of(records, target)
        film = delivered(records, work)
        records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
        work.deliver(film, "ehr")
        (job,) = records.jobs.get(film).deliveries
        assert (job.state, job.error) == ("waiting", UnreachableError.code)
        server.times = 0
        deliver(records, work, film)
    assert statuses(server) == ["entered-in-error"]


def test_a_report_that_goes_meanwhile_is_no_failure(records: Records) -> None:
    server = FhirServer()

    def answer(request: Request) -> Reply:
        if request.method == "PUT" and "/DiagnosticReport/" in request.path:
            return Reply(410)
        return server.answer(request)

    with served(answer) as (_, target):
        work = work_of(records, target)
        film = delivered(records, work)
        records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
        work.deliver(film, "ehr")
        assert [one.state for one in records.jobs.get(film).deliveries] == ["delivered"]


class Meanwhile(Archive):
    """Has something happen once, before it is sent anything."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = 0

    def send(self, documents: Any, result_id: str) -> None:
        self.sent += 1
        super().send(documents, result_id)


def test_what_is_withdrawn_after_its_documents_were_read_is_not_sent(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where another worker has told the destination of the withdrawal meanwhile."""
    archive = Meanwhile()
    work = work_of(records, (PACS, archive))
    film = graded(records, work)
    once(
        monkeypatch,
        records,
        lambda: records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient"),
    )
    work.deliver(film, "pacs")
    deliver(records, work, film)
    assert archive.sent == 0
    assert [one.state for one in records.jobs.get(film).deliveries] == ["delivered"]


def test_what_is_graded_again_after_its_documents_were_read_is_not_sent(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Meanwhile()
    work = work_of(records, (PACS, archive))
    film = graded(records, work)
    once(monkeypatch, records, lambda: work.grader.answer(film_of(0), again=True))
    work.deliver(film, "pacs")
    deliver(records, work, film)
    assert archive.sent == 1
    assert archive.rejected == set()
    assert len(archive.objects_of(film)) == 2


def once(monkeypatch: pytest.MonkeyPatch, records: Records, act: Callable[[], object]) -> None:
    """Have something happen once, between the reading of documents and their sending."""
    store, waiting = records.document_store, [act]
    kept = type(store).kept

    def kept_then(self: Any, *args: Any) -> Any:
        documents = kept(self, *args)
        while waiting:
            waiting.pop()()
        return documents

    monkeypatch.setattr(type(store), "kept", kept_then)


def _document(content: bytes) -> Document:
    return Document("fhir", "fhir.json", "application/fhir+json", content)
