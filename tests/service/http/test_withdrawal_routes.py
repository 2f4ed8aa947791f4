"""What the routes of a withdrawal answer."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from radiograde.service.http import schemas
from tests.service.reviews.test_routes import CORRECTION, post, scored

NOBODY = "01M00000000000000000000000"


def withdraw(client: TestClient, film: str, **body: Any) -> Any:
    return client.post(f"/v1/results/{film}/withdrawal", json=body)


def test_a_withdrawal_is_answered_and_shown_with_its_result(client: TestClient) -> None:
    film = scored(client)
    before = client.get(f"/v1/results/{film}").json()
    answer = withdraw(client, film, reason="Wrong\x07 patient", code="patient_safety")
    made = answer.json()
    assert answer.status_code == 201
    schemas.Withdrawal.model_validate(made)
    created = made.pop("created")
    assert created.endswith("+00:00")
    assert made == {"by": "local", "code": "patient_safety", "reason": "Wrong patient"}
    made["created"] = created
    assert client.get(f"/v1/results/{film}/withdrawal").json() == made
    assert client.get(f"/v1/results/{film}").json() == before | {"withdrawn": made}
    assert client.get("/v1/results").json()["results"] == [before | {"withdrawn": made}]


def test_the_worklist_shows_nothing_of_a_withdrawn_result(client: TestClient) -> None:
    film = scored(client)
    before = client.get(f"/v1/worklist/{film}").json()
    assert "withdrawn" not in before
    assert before["severity"] is not None
    withdraw(client, film, reason="Wrong patient")
    hidden: dict[str, Any] = {"withdrawn": True, "severity": None, "brixia": None, "reasons": []}
    assert client.get(f"/v1/worklist/{film}").json() == before | hidden
    assert client.get("/v1/worklist").json()["films"] == [before | hidden]


def test_the_first_withdrawal_stays_as_it_was(client: TestClient) -> None:
    film = scored(client)
    first = withdraw(client, film, reason="Wrong patient")
    again = withdraw(client, film, reason="Cut off", code="expired")
    assert again.status_code == 201
    assert again.json() == first.json()
    assert first.json()["code"] == "quality"


def test_a_withdrawn_result_has_no_documents_and_takes_no_review(client: TestClient) -> None:
    film = scored(client)
    withdraw(client, film, reason="Wrong patient")
    refused = client.get(f"/v1/results/{film}/sr")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_document")
    refused = post(client, film, CORRECTION)
    assert (refused.status_code, refused.json()["code"]) == (409, "withdrawn")
    assert client.get(f"/v1/results/{film}/reviews").json() == {"reviews": []}


def test_what_is_not_withdrawn_or_not_there_is_not_found(client: TestClient) -> None:
    film = scored(client)
    for answer in (
        client.get(f"/v1/results/{film}/withdrawal"),
        client.get(f"/v1/results/{NOBODY}/withdrawal"),
        withdraw(client, NOBODY, reason="Wrong patient"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": ""},
        {"reason": "x" * 501},
        {"reason": "x", "code": "bored"},
        {"reason": "x", "by": "lee"},
    ],
)
def test_a_reason_that_is_none_is_refused(client: TestClient, body: Any) -> None:
    film = scored(client)
    answer = withdraw(client, film, **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameters")
    assert client.get(f"/v1/results/{film}/withdrawal").status_code == 404
