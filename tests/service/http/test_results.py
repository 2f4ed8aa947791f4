from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from radiograde.service.http import schemas
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FACTS, png
from tests.service.http.test_scoring import assert_problem, send


def test_pages_go_from_new_to_old_and_end(client: TestClient) -> None:
    sent = [send(client, png(grey=grey)).json()["id"] for grey in range(5)]
    seen: list[str] = []
    before: str | None = None
    while True:
        query = {"limit": "2"} | ({"before": before} if before else {})
        page = client.get("/v1/results", params=query).json()
        schemas.ResultPage.model_validate(page)
        seen += [document["id"] for document in page["results"]]
        before = page["next"]
        if before is None:
            break
    assert seen == sorted(sent, reverse=True)


def test_a_full_last_page_has_no_next(client: TestClient) -> None:
    for grey in range(2):
        send(client, png(grey=grey))
    assert client.get("/v1/results", params={"limit": 2}).json()["next"] is None


def test_results_are_filtered_by_status(client: TestClient) -> None:
    send(client, png())
    failed = send(client, b"no film").json()["result_id"]
    page = client.get("/v1/results", params={"status": "failed"}).json()
    assert [document["id"] for document in page["results"]] == [failed]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "status=fine"])
def test_bad_parameters_are_named_but_not_repeated(client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/results?{query}")
    assert_problem(answer, 422, "invalid_parameters")
    assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]


def test_an_unknown_id_is_not_found(client: TestClient) -> None:
    assert_problem(client.get("/v1/results/01ARZ3NDEKTSV4RRFFQ69G5FAV"), 404, "not_found")


def test_the_trace_of_a_result_names_what_made_it_and_nobody(client: TestClient) -> None:
    id = client.post("/v1/score", content=film_bytes()).json()["id"]
    answer = client.get(f"/v1/results/{id}/trace")
    trace = schemas.Trace.model_validate(answer.json())
    assert (trace.model.name, trace.threads) == (FACTS.name, 1)
    assert set(trace.libraries) > {"pydicom", "numpy", "imagecodecs", "onnxruntime"}
    assert "Jane" not in answer.text
    assert "P-1" not in answer.text
    assert_problem(client.get(f"/v1/results/{'0' * 26}/trace"), 404, "not_found")
