"""The worklist over HTTP: rows, orders, filters, pages."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from radiograde.model.scoring.result import Failure, SeverityResult
from radiograde.service.reviews.review import Judgement
from radiograde.service.worklist.listed_film import Row
from radiograde.service.worklist.worklist import WorklistPage
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FACTS, png
from tests.service.worklist.stock import PATIENT, Stock

DICOM = {"Content-Type": "application/dicom"}


def listed(client: TestClient, **params: Any) -> list[str]:
    """Return the ids of all pages."""
    ids: list[str] = []
    params = {"limit": 200} | params
    while True:
        answer = client.get("/v1/worklist", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        WorklistPage.model_validate(page)
        ids += [film["id"] for film in page["films"]]
        if page["next"] is None:
            return ids
        params["after"] = page["next"]


def test_a_film_from_the_door_to_its_row(client: TestClient) -> None:
    id = client.post("/v1/score", content=film_bytes(), headers=DICOM).json()["id"]
    row = client.get(f"/v1/worklist/{id}").json()
    Row.model_validate(row)
    assert row["received"].endswith("+00:00")
    assert len(row["patient"]["label"]) == 6
    del row["received"], row["patient"]
    assert row == {
        "id": id,
        "taken": "2026-03-04T05:00:00",
        "door": "http",
        "status": "scored",
        "view": "PA",
        "severity": "moderate",
        "brixia": {"value": 6.7, "interval": [5.7, 7.7], "range": [0.0, 18.0]},
        "reasons": [{"code": "view_unknown", "level": "warn", "message": "The view is not known."}],
        "error": None,
        "kept": True,
        "review": None,
    }
    assert client.get("/v1/worklist").json() == {
        "films": [client.get(f"/v1/worklist/{id}").json()],
        "next": None,
    }


def test_a_picture_is_nobodys_and_of_no_time(client: TestClient) -> None:
    headers = {"Content-Type": "image/png"}
    id = client.post("/v1/score", content=png(), headers=headers).json()["id"]
    row = client.get(f"/v1/worklist/{id}").json()
    assert (row["patient"], row["taken"], row["status"]) == (None, None, "scored")


def test_every_status(client: TestClient, stock: Stock) -> None:
    broken = SeverityResult("failed", FACTS, error=Failure("truncated", "Send it again."))
    made = {
        "waiting": stock.film(),
        "rejected": stock.rejected(),
        "failed": stock.failed("truncated", broken),
    }
    for status, id in made.items():
        row = client.get(f"/v1/worklist/{id}").json()
        Row.model_validate(row)
        assert (row["status"], row["brixia"], row["severity"]) == (status, None, None)
        assert listed(client, status=status) == [id]
    assert client.get(f"/v1/worklist/{made['rejected']}").json()["reasons"][0]["level"] == "reject"
    error = client.get(f"/v1/worklist/{made['failed']}").json()["error"]
    assert error == {"code": "truncated", "message": "Send it again."}
    several = listed(client, status=["failed", "waiting"])
    assert several == [made["failed"], made["waiting"]]


@pytest.mark.parametrize("code", ["gave_up", "no_document", "whatever"])
def test_a_failure_without_a_result_has_words(client: TestClient, stock: Stock, code: str) -> None:
    error = client.get(f"/v1/worklist/{stock.failed(code)}").json()["error"]
    assert error["code"] == code
    assert error["message"].endswith(".")


def test_what_was_set_aside_is_not_listed(client: TestClient, stock: Stock) -> None:
    aside, film = stock.film(), stock.film()
    stock.set_aside(aside)
    assert listed(client) == [film]
    answer = client.get(f"/v1/worklist/{aside}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert client.get("/v1/worklist/none").status_code == 404


def test_the_newest_review_stands_in_the_row(client: TestClient, stock: Stock) -> None:
    id = stock.scored()
    stock.reviewed(id, "lee")
    zones = dict.fromkeys("ABCDEF", 2)
    review = stock.reviewed(id, "kim", Judgement("corrected", zones, "Hong Gildong"))
    row = client.get(f"/v1/worklist/{id}").json()
    assert row["review"] == {
        "verdict": "corrected",
        "reviewer": "kim",
        "created": review.created.isoformat(),
        "brixia": 12,
    }
    assert row["brixia"]["value"] == 6.7


def test_orders_and_pages(client: TestClient, stock: Stock) -> None:
    rng = random.Random(5)  # noqa: S311 - not a secret
    scores: dict[str, float | None] = {}
    for _ in range(23):
        brixia = rng.choice([0.5, 3.0, 3.0, 7.25, 0.1 + 0.2])
        scores[stock.scored(brixia, rng.choice(["none", "mild", "severe"]))] = brixia
        unscored = (stock.film, stock.rejected, stock.failed)[rng.randrange(3)]
        scores[unscored()] = None
    newest = sorted(scores, reverse=True)
    severest = sorted(
        scores, key=lambda id: (-1.0 if (found := scores[id]) is None else found, id), reverse=True
    )
    for limit in (1, 7, 23, 200):
        assert listed(client, limit=limit) == newest
        assert listed(client, limit=limit, order="severest") == severest
        picked = listed(client, limit=limit, order="severest", severity=["mild", "severe"])
        assert picked == [id for id in severest if id in set(picked)]
        assert set(picked) == set(listed(client, limit=limit, severity=["severe", "mild"]))


def test_filters_meet(client: TestClient, stock: Stock) -> None:
    mild, severe = stock.scored(3.0, "mild"), stock.scored(14.0, "severe")
    rejected = stock.rejected()
    stock.reviewed(severe)
    assert listed(client, severity="severe") == [severe]
    assert listed(client, severity=["mild", "severe"]) == [severe, mild]
    assert listed(client, severity="mild", status="rejected") == []
    assert listed(client, status=["rejected", "scored"]) == [rejected, severe, mild]
    assert listed(client, reviewed="yes") == [severe]
    assert listed(client, reviewed="no") == [rejected, mild]
    assert listed(client, reviewed="no", status="scored", order="severest") == [mild]


def test_days_are_those_of_the_film_else_of_its_arrival(client: TestClient, stock: Stock) -> None:
    noon = datetime(2026, 3, 1, 12).astimezone()
    acquired = stock.scored(acquired="2026-02-27T23:59:59", received=noon)
    day_alone = stock.scored(acquired="2026-02-28", received=noon)
    arrived = stock.scored(received=noon.astimezone(UTC))
    assert listed(client, since="2026-02-27", until="2026-02-27") == [acquired]
    assert listed(client, since="2026-02-28", until="2026-02-28") == [day_alone]
    assert listed(client, since="2026-03-01", until="2026-03-01") == [arrived]
    assert set(listed(client, since="2026-02-27")) == {acquired, day_alone, arrived}
    assert listed(client, until="2026-02-26") == []
    assert listed(client, since="2026-03-02", until="2026-03-01") == []


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0},
        {"limit": 201},
        {"order": "oldest"},
        {"severity": "awful"},
        {"status": "set_aside"},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"reviewed": "maybe"},
        {"after": "x"},
        {"after": "01JARADMZ00000000000000000", "order": "severest"},
    ],
)
def test_a_wrong_parameter_is_told(client: TestClient, params: dict[str, Any]) -> None:
    answer = client.get("/v1/worklist", params=params)
    assert answer.status_code == 422
    expected = "invalid_cursor" if "after" in params else "invalid_parameters"
    assert answer.json()["code"] == expected


@pytest.mark.parametrize("order", ["newest", "severest"])
def test_a_film_that_comes_while_one_turns_pages_shifts_nothing(
    client: TestClient, stock: Stock, order: str
) -> None:
    ids = [stock.scored(brixia=float(n)) for n in range(6)]
    first = client.get("/v1/worklist", params={"limit": 3, "order": order}).json()
    stock.scored(brixia=17.0)
    shown = [film["id"] for film in first["films"]]
    assert shown + listed(client, order=order, after=first["next"]) == ids[::-1]


def test_labels_tell_patients_apart(client: TestClient, stock: Stock) -> None:
    one = stock.scored(patient=PATIENT)
    two = stock.scored(patient=PATIENT)
    labels = [client.get(f"/v1/worklist/{id}").json()["patient"] for id in (one, two)]
    assert labels == [{"label": PATIENT[:6]}] * 2


def test_a_film_let_go_stays_in_the_list(client: TestClient, stock: Stock) -> None:
    id = stock.scored()
    stock.records.films.let_go([id])
    assert client.get(f"/v1/worklist/{id}").json()["kept"] is False
