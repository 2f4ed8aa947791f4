from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from radiograde.model.errors import ModelFileError
from radiograde.service.config.settings import Settings
from radiograde.service.errors import DeviceError, StoreError
from radiograde.service.grading.load_scorer import load_scorer
from radiograde.service.http import schemas
from radiograde.service.http.app import create_app
from tests.service.conftest import Start
from tests.service.fakes import FACTS, METADATA, FakeScorer, png
from tests.service.http.test_scoring import assert_problem

OPERATIONS = {
    "takeReport",
    "listModels",
    "recordEvidence",
    "rollBackModel",
    "promoteModel",
    "retireModel",
    "shadowModel",
    "getMonitor",
    "stopModel",
    "clearAlarm",
    "scoreFilm",
    "listResults",
    "getResult",
    "getTrace",
    "reportProblem",
    "listProblems",
    "getProblemsCsv",
    "changeProblem",
    "getProblemFile",
    "getSr",
    "getSeg",
    "getSc",
    "getPr",
    "getDoc",
    "getFhir",
    "getPdf",
    "getOverlay",
    "listReviews",
    "addReview",
    "addUser",
    "listReadingSets",
    "getNextOfReadingSet",
    "commitSetReading",
    "assignFilm",
    "listReaders",
    "changeSettings",
    "getSettings",
    "listUsers",
    "removeUser",
    "setPassword",
    "trySettings",
    "listReadings",
    "commitReading",
    "getReviewSr",
    "withdrawResult",
    "getWithdrawal",
    "listFilms",
    "getFilm",
    "getEvents",
    "getView",
    "getPreview",
    "getPixels",
    "getMaps",
    "getThumbnail",
    "getHistory",
    "getStatement",
    "getPriors",
    "fetchPriors",
    "listJobs",
    "getJob",
    "retryJob",
    "deliverJob",
    "storeInstances",
    "storeInstancesOfStudy",
    "getSession",
    "signIn",
    "signOut",
    *("setRole", "listKeys", "addKey", "removeKey", "listSessions", "endSession"),
    *("listProjects", "addProject", "renameProject", "closeProject"),
    *("listMembers", "addMember", "removeMember", "addFilms", "removeFilms"),
    "getModel",
    "listAuditEvents",
    "erase",
    "listErasures",
    "getAuditCsv",
    "getHealth",
    "getReadiness",
    "getMetrics",
}


def test_operation_ids_are_stable(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    found = {operation["operationId"] for path in paths.values() for operation in path.values()}
    assert found == OPERATIONS


def test_every_described_error_is_a_problem(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    described = [
        (status, list(response["content"].items()))
        for path in paths.values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        # A STOW-RS answer that nothing was stored has its own form, PS3.18 10.5.3.
        if int(status) >= 400 and "application/dicom+json" not in response["content"]
    ]
    assert described
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    assert all(content == [("application/problem+json", problem)] for _, content in described)


def test_the_model_is_told(client: TestClient) -> None:
    card = client.get("/v1/model").json()
    schemas.ModelCard.model_validate(card)
    assert (card["name"], card["version"], card["sha256"]) == (
        FACTS.name,
        FACTS.version,
        FACTS.sha256,
    )
    assert card["provider"] == "CPUExecutionProvider"
    assert card["metadata"] == METADATA.raw


def test_health_and_readiness(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz"])
def test_a_load_balancer_may_ask_for_the_head_alone(client: TestClient, path: str) -> None:
    answer = client.head(path)
    assert answer.status_code == 200
    assert answer.content == b""


def test_not_ready_without_the_store(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    client = start()

    def away() -> None:
        raise StoreError("The results store does not answer.")

    runtime = client.app.state.runtime  # type: ignore[attr-defined]  # typed as an ASGI callable
    monkeypatch.setattr(runtime.records.database, "ping", away)
    assert_problem(client.get("/readyz"), 503, "store_unavailable")
    assert client.get("/healthz").status_code == 200


def test_unknown_routes_and_methods_are_problems(client: TestClient) -> None:
    assert_problem(client.get("/nowhere"), 404, "route_not_found")
    refused = client.delete("/v1/results")
    assert_problem(refused, 405, "method_not_allowed")
    assert refused.headers["Allow"] == "GET"


@pytest.mark.parametrize("path", ["/", "/docs", "/v1/results", "/nowhere", "/assets/app.js"])
def test_every_answer_has_safe_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert re.fullmatch("[0-9A-Z]{26}", headers["X-Request-ID"])


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_load_nothing_from_elsewhere(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.headers["content-type"].startswith("text/html")
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert links
    for link in links:
        if not link.startswith("data:"):
            assert client.get(f"/{link}").status_code == 200


def test_the_page_says_what_it_is_for(client: TestClient) -> None:
    assert "Research use only" in client.get("/").text


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000"])
def test_the_service_answers_to_its_own_names(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "localhost.evil.example"])
def test_a_name_rebound_to_this_computer_is_refused(client: TestClient, host: str) -> None:
    assert_problem(client.get("/v1/results", headers={"host": host}), 400, "unknown_host")


@pytest.mark.parametrize(("version", "status"), [("1.0", 200), ("1.1", 400)])
def test_only_a_caller_by_http_1_0_may_leave_the_name_out(
    client: TestClient, version: str, status: int
) -> None:
    scope = {
        "type": "http",
        "http_version": version,
        "method": "GET",
        "scheme": "http",
        "path": "/readyz",
        "raw_path": b"/readyz",
        "query_string": b"",
        "headers": [],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8000),
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(client.app(scope, receive, send))  # type: ignore[arg-type]  # typed as WSGI too
    assert sent[0]["status"] == status


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_page_cannot_send_films(client: TestClient, site: str) -> None:
    answer = client.post("/v1/score", content=png(), headers={"sec-fetch-site": site})
    assert_problem(answer, 403, "foreign_page")
    assert client.get("/v1/results").json()["results"] == []


def test_the_own_page_can_send_films(client: TestClient) -> None:
    answer = client.post("/v1/score", content=png(), headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 200


def test_a_name_may_be_allowed(start: Start) -> None:
    client = start(allowed_hosts=("films.hospital.example",))
    answer = client.get("/healthz", headers={"host": "Films.Hospital.example"})
    assert answer.status_code == 200


def test_a_missing_model_is_said(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, model_path=tmp_path / "none.onnx")
    with pytest.raises(ModelFileError, match=r"none\.onnx"):
        create_app(settings)


def test_a_gpu_that_is_asked_for_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "radiograde.service.grading.load_scorer.Scorer", lambda *_, **__: FakeScorer()
    )
    with pytest.raises(DeviceError, match="GPU"):
        load_scorer(Settings(device="cuda"))
    for device in ("auto", "cpu"):
        assert load_scorer(Settings.model_validate({"device": device})).facts == FACTS


def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings(data_dir=tmp_path / "file" / "data")
    with pytest.raises(StoreError, match="--data-dir"):
        create_app(settings, scorer=FakeScorer())
