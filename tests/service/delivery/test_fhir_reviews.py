"""What readers said reaches a FHIR server, and leaves it with the result."""

from __future__ import annotations

from typing import Any

from radiograde.service.config.site import FhirDestinationConfig
from radiograde.service.delivery.destinations.fhir_destination import FhirDestination
from radiograde.service.grading.records import Records
from radiograde.service.reviews.review import Judgement
from tests.service.delivery.web import running_web
from tests.service.delivery.withdrawing import (
    FhirServer,
    deliver,
    delivered,
    recorder_of,
    work_of,
)
from tests.service.reviews.made import CORRECTED

CORRECTION = Judgement("corrected", CORRECTED, "Effusion")


def verdicts(server: FhirServer) -> list[dict[str, Any]]:
    return [one for one in server.kept.values() if "focus" in one]


def test_a_review_is_added_to_what_was_delivered_and_withdrawn_with_it(records: Records) -> None:
    server = FhirServer()
    with running_web(server.answer) as web:
        ehr = FhirDestinationConfig(type="fhir", name="ehr", url=f"{web.url}/fhir")
        work = work_of(records, (ehr, FhirDestination(ehr)))
        film = delivered(records, work)
        before = dict(server.kept)
        recorder = recorder_of(records, ehr)
        made = [recorder.record(film, reader, CORRECTION) for reader in ("kim", "lee")]
        assert [one.state for one in records.jobs.get(film).deliveries] == ["waiting"]
        deliver(records, work, film)
        assert {place: server.kept[place] for place in before} == before
        said = {one["identifier"][1]["value"]: one for one in verdicts(server)}
        assert said.keys() == {one.id for one in made}
        groups = {one["focus"][0]["reference"] for one in said.values()}
        (report,) = (one for one in before.values() if one["resourceType"] == "DiagnosticReport")
        assert groups == {report["result"][0]["reference"]}

        changed = recorder.record(film, "kim", Judgement("accepted"))
        deliver(records, work, film)
        assert {one["identifier"][1]["value"] for one in verdicts(server)} == {
            *said,
            changed.id,
        }

        records.withdrawal_recorder().withdraw(film, "kim", "Wrong patient")
        deliver(records, work, film)
    statuses = {
        one["status"] for one in server.kept.values() if one["resourceType"] == "Observation"
    }
    assert statuses == {"entered-in-error"}
    assert len(verdicts(server)) == 3
