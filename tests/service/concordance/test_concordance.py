"""Signed reports by HL7 and FHIR beside the model's results, and a drop in agreement."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from fastapi.testclient import TestClient

from radiograde.command import main
from radiograde.model.limits import Limits
from radiograde.service.concordance.agreement_watch import FIRST_REPORTS, AgreementWatch
from radiograde.service.concordance.concordance_repository import (
    Concordance,
    ConcordanceRepository,
)
from radiograde.service.concordance.report_opinion import ReportOpinion
from radiograde.service.concordance.signed_reports import ReportIntake
from radiograde.service.config.settings import Settings
from radiograde.service.database.programme_tables import report_opinions
from radiograde.service.films.order_store import OrderStore
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.faults import standing_faults
from radiograde.service.hl7_listener.message_handler import MessageHandler
from tests.service.audit.trails import rows_of
from tests.service.documents.graded_films import STUDY_UID, film_bytes
from tests.service.hl7_listener.messages import answered
from tests.service.worklist.stock import records_of

OPACITY = "Patchy opacities in both lungs."
CLEAR = "The lungs are clear."


@pytest.fixture
def film(client: TestClient) -> str:
    """Return the id of a film that the model calls moderate."""
    content = film_bytes(PatientID="P-1", AccessionNumber="ACC-9")
    headers = {"Content-Type": "application/dicom"}
    return str(client.post("/v1/score", content=content, headers=headers).json()["id"])


@pytest.fixture
def handler(client: TestClient, tmp_path: Path) -> MessageHandler:
    records, pseudonyms = records_of(client), Pseudonyms(tmp_path / "data")
    intake = ReportIntake(records.database, records.archive, pseudonyms, Limits())
    links, orders = PatientLinks(records.database), OrderStore(records.archive.storage)
    return MessageHandler(links, orders, pseudonyms, records.audit, intake)


def oru(text: str, *, status: str = "F", patient: str = "P-1", order: str = "ACC-9") -> bytes:
    segments = [
        "MSH|^~\\&|RIS|HOSP|RADIOGRADE||20260304||ORU^R01|C-1|P|2.5.1",
        f"PID|1||{patient}||Doe^Ann",
        f"OBR|1|PL-1||XR^Chest^L||||||||||||||{order}|||||||{status}",
        *(
            f"OBX|{number}|TX|59776-5^Findings^LN||{line}||||||{status}"
            for number, line in enumerate(text.split("\n"), 1)
        ),
    ]
    return "".join(f"{one}\r" for one in segments).encode()


def opinions(client: TestClient) -> list[tuple[str, bool | None]]:
    rows: list[dict[str, Any]] = records_of(client).database.rows(sa.select(report_opinions), dict)
    return [(row["says"], row["agrees"]) for row in rows]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (OPACITY, [("opacity", True)]),
        (f"Heart normal.\n{CLEAR}", [("clear", False)]),
        ("Pneumonia cannot be excluded.", [("unsure", None)]),
    ],
)
def test_a_signed_report_is_set_beside_the_result(
    client: TestClient,
    film: str,
    handler: MessageHandler,
    text: str,
    kept: list[tuple[str, bool | None]],
) -> None:
    assert answered(handler, oru(text)).code == "AA"
    assert opinions(client) == kept


@pytest.mark.parametrize(
    "message",
    [
        oru(OPACITY, status="P"),
        oru(OPACITY, patient="P-2"),
        oru(OPACITY, order="ACC-8"),
        oru(OPACITY, patient=""),
        oru(""),
    ],
)
def test_what_is_not_signed_or_of_nobody_here_is_passed_over(
    client: TestClient, film: str, handler: MessageHandler, message: bytes
) -> None:
    assert answered(handler, message).code == "AA"
    assert opinions(client) == []


def test_a_study_counts_once_and_an_addendum_changes_no_count(
    client: TestClient, film: str, handler: MessageHandler
) -> None:
    for text in ("Heart normal.", OPACITY, CLEAR):
        answered(handler, oru(text, status="C"))
    repository = ConcordanceRepository(records_of(client).database)
    (watch,) = repository.watches()
    assert (watch.reports, watch.agreed) == (1, 1)
    assert repository.summary() == Concordance(counted=1, unsure=0, unscored=0)
    assert opinions(client) == [("clear", False)]


def report(**members: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "status": "final", **members}


ACCESSION = {"type": {"coding": [{"code": "ACSN"}]}, "value": "ACC-9"}
FORM = {"contentType": "text/plain", "data": base64.b64encode(OPACITY.encode()).decode()}


@pytest.mark.parametrize(
    ("body", "known"),
    [
        (
            report(
                conclusion=OPACITY,
                imagingStudy=[{"identifier": {"value": f"urn:oid:{STUDY_UID}"}}],
            ),
            True,
        ),
        (
            report(
                presentedForm=[FORM],
                subject={"identifier": {"value": "P-1"}},
                basedOn=[{"identifier": ACCESSION}],
                note="passed over",
            ),
            True,
        ),
        (report(conclusion=OPACITY, identifier=[ACCESSION]), False),
        (report(conclusion=OPACITY, study=[{"identifier": {"value": "1.2.3"}}]), False),
        (
            report(
                status="preliminary",
                conclusion=OPACITY,
                study=[{"identifier": {"value": STUDY_UID}}],
            ),
            False,
        ),
    ],
)
def test_a_report_by_fhir(client: TestClient, film: str, body: dict[str, Any], known: bool) -> None:
    answer = client.post("/v1/reports", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"known": known}
    assert opinions(client) == ([("opacity", True)] if known else [])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        (report(conclusion=7), 422),
        (report(identifier=[{"type": {"coding": ["ACSN"]}}]), 422),
        (report(identifier=[{"type": {"coding": None}}]), 422),
        (report(presentedForm=[FORM | {"data": "?"}]), 400),
        (report(presentedForm=[FORM | {"data": "\u00e9"}]), 400),
    ],
)
def test_what_is_no_report_is_refused(
    client: TestClient, body: dict[str, Any], status: int
) -> None:
    assert client.post("/v1/reports", json=body).status_code == status


def watched(chance: random.Random, watch: AgreementWatch, share: float, reports: int) -> int | None:
    """Return after how many reports a watch speaks; None where it does not."""
    for number in range(1, reports + 1):
        watch = watch.after(agrees=chance.random() < share)
        if watch.has_dropped:
            return number
    return None


def learned(chance: random.Random, share: float) -> AgreementWatch:
    watch = AgreementWatch()
    for _ in range(FIRST_REPORTS):
        watch = watch.after(agrees=chance.random() < share)
    return watch


@pytest.mark.parametrize(("share", "least"), [(0.75, 0.8), (0.85, 0.9), (0.92, 0.95)])
def test_a_drop_of_15_points_is_flagged_within_200_reports(share: float, least: float) -> None:
    chance = random.Random(5)  # noqa: S311 - no secret
    found = [
        watched(chance, learned(chance, share), share - 0.15, 200) is not None for _ in range(200)
    ]
    assert sum(found) / len(found) >= least


def test_a_month_without_a_drop_is_quiet() -> None:
    """Three hundred reports a month, of two hundred months."""
    chance = random.Random(6)  # noqa: S311 - no secret
    found = [watched(chance, learned(chance, 0.85), 0.85, 300) is not None for _ in range(200)]
    assert sum(found) <= 8


def test_a_drop_is_a_fault_until_it_was_seen_to(client: TestClient, tmp_path: Path) -> None:
    records = records_of(client)
    repository = ConcordanceRepository(records.database)
    opinion = ReportOpinion("opacity", "en")
    for number in range(FIRST_REPORTS + 20):
        agrees = number < FIRST_REPORTS
        repository.record(f"1.2.{number}", opinion, "ab" * 32, agrees=agrees)
    settings = Settings(data_dir=tmp_path / "data")

    def run(*arguments: str) -> tuple[int, str]:
        where = ["--data-dir", str(settings.data_dir)]
        done = CliRunner().invoke(main, ["concordance", *arguments, *where])
        return done.exit_code, done.stdout

    assert "concordance" in [one.code for one in standing_faults(records, settings)]
    code, shown = run()
    assert (code, "HAS DROPPED" in shown) == (3, True)
    assert run("--reset", "0123")[0] == 2
    assert run("--reset", "")[0] == 2
    assert run()[0] == 3
    assert run("--reset", "abab")[0] == 0
    assert "concordance" not in [one.code for one in standing_faults(records, settings)]
    assert run("--json") == (0, '{"models": [], "counted": 420, "unsure": 0, "unscored": 0}\n')


def test_a_report_by_hl7_is_in_the_audit_trail(
    client: TestClient, handler: MessageHandler, film: str, tmp_path: Path
) -> None:
    handler.answer(oru("No consolidation."))
    records_of(client).audit.flush()
    (row,) = [
        one for one in rows_of(Settings(data_dir=tmp_path / "data")) if one.action == "report_take"
    ]
    assert (row.actor, row.detail) == ("hl7", {"reports": 1, "known": 1})
