"""Problems over HTTP: reported by who reads, administered by few."""

from __future__ import annotations

from fastapi.testclient import TestClient

from radiograde.service.http import schemas
from radiograde.service.logs import configure_logging
from radiograde.service.problems.sealed_file import opened
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import png
from tests.service.http.test_scoring import assert_problem


def test_a_problem_is_reported_answered_and_exported(client: TestClient) -> None:
    configure_logging("info")
    id = client.post("/v1/score", content=film_bytes()).json()["id"]
    answer = client.post(f"/v1/results/{id}/problems", json={"description": "too high"})
    assert answer.status_code == 201
    entry = schemas.ReportedProblem.model_validate(answer.json())
    assert (entry.result_id, entry.state, entry.reporter) == (id, "open", "local")
    file = client.get(f"/v1/problems/{entry.id}/file").content
    bundle, seal = opened(file)
    assert seal == entry.seal
    assert b'"event": "graded"' in bundle.entries["log.jsonl"]
    assert b"/v1/score" in bundle.entries["log.jsonl"]
    change = {"due": "2026-12-24", "state": "answered", "answer": "a known fault"}
    assert client.post(f"/v1/problems/{entry.id}", json=change).json()["due"] == "2026-12-24"
    client.post(f"/v1/problems/{entry.id}", json={"state": "closed"})
    (listed,) = client.get("/v1/problems").json()["problems"]
    assert (listed["state"], listed["answer"]) == ("closed", "a known fault")
    head, row = client.get("/v1/problems.csv").text.splitlines()
    assert head.startswith("id,result_id,reporter,created,description,seal,due,state,answer")
    assert row.startswith(f"{entry.id},{id},local,")


def test_what_cannot_be_reported_is_said(client: TestClient) -> None:
    assert_problem(client.post(f"/v1/results/{'0' * 26}/problems", json={}), 404, "not_found")
    assert_problem(client.get(f"/v1/problems/{'0' * 26}/file"), 404, "not_found")
    assert_problem(client.post(f"/v1/problems/{'0' * 26}", json={}), 404, "not_found")
    id = client.post("/v1/score", content=png()).json()["id"]
    too_long = {"description": "x" * 2001}
    assert client.post(f"/v1/results/{id}/problems", json=too_long).status_code == 422
