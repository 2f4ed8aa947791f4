"""The worklist over HTTP: rows, orders, filters, pages."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydicom.uid import CTImageStorage

from radiograde.model.scoring.result import Failure, ImageFacts, SeverityResult
from radiograde.service.reviews.review import Judgement
from radiograde.service.worklist.listed_film import Row
from radiograde.service.worklist.worklist import WorklistPage
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FACTS, png, scored
from tests.service.worklist.stock import PATIENT, Stock, records_of

UID = "1.2.826.0.1.3680043.8.498.77"
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
        "prior": False,
        "review": None,
        "delivery": None,
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


def test_what_was_set_aside_is_listed_for_whoever_sent_it_by_hand(
    client: TestClient, stock: Stock
) -> None:
    dicom = {"Content-Type": "application/dicom"}
    answer = client.post("/v1/score", content=film_bytes(SOPClassUID=CTImageStorage), headers=dicom)
    aside = answer.json()["result_id"]
    assert stock.records.jobs.get(aside).state == "set_aside"
    assert listed(client) == [aside]
    row = client.get(f"/v1/worklist/{aside}").json()
    assert (row["status"], row["reasons"][0]["code"]) == ("rejected", "not_radiograph")
    assert listed(client, status="rejected") == [aside]


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


def test_the_order_of_acquisition_and_its_pages(client: TestClient, stock: Stock) -> None:
    rng = random.Random(6)  # noqa: S311 - not a secret
    days = ["2026-02-03", "2026-02-03T10:00:00", "2026-02-03T10:00:01", "2150-01-01", None]
    acquired: dict[str, str] = {}
    for _ in range(23):
        day = rng.choice(days)
        id = (stock.scored, stock.rejected, stock.film)[rng.randrange(3)](acquired=day)
        acquired[id] = day or ""
    expected = sorted(acquired, key=lambda id: (acquired[id], id), reverse=True)
    for limit in (1, 7, 23, 200):
        assert listed(client, limit=limit, order="acquired") == expected
        picked = listed(client, limit=limit, order="acquired", severity=["moderate", "none"])
        assert picked == [id for id in expected if id in set(picked)]
        assert set(picked) == set(listed(client, severity=["none", "moderate"]))


def test_of_films_that_changed_those_that_match(client: TestClient, stock: Stock) -> None:
    mild, severe, waiting = stock.scored(3.0, "mild"), stock.scored(14.0, "severe"), stock.film()
    stock.scored()
    ids = [mild, severe, waiting]
    assert listed(client, id=ids) == [waiting, severe, mild]
    assert listed(client, id=ids, order="severest") == [severe, mild, waiting]
    assert listed(client, id=ids, severity="mild") == [mild]
    assert listed(client, id=[waiting], status="scored") == []
    stock.set_aside(waiting)
    assert listed(client, id=[waiting]) == []


def test_a_film_is_found_by_what_the_page_shows(client: TestClient, stock: Stock) -> None:
    id = client.post("/v1/score", content=film_bytes(), headers=DICOM).json()["id"]
    other = stock.scored(patient=PATIENT)
    label = client.get(f"/v1/worklist/{id}").json()["patient"]["label"]
    for search in (id, id.lower(), f" {id} ", label, label.lower(), label[:4]):
        assert listed(client, search=search) == [id]
    assert listed(client, search=PATIENT[:6]) == [other]
    assert listed(client, search=PATIENT[:6], severity="severe") == []
    for search in ("P-1", "민준", "ACC-7", UID, "%", "_", "'"):
        assert listed(client, search=search) == [], "what is not shown is not found"


@pytest.mark.parametrize(
    ("shown", "found", "missed"),
    [
        ("id", ["p-1", "ACC-7", "acc-7 P-1", UID], ["민준", "1960-01-02", "ACC-7 P-2"]),
        (
            "full",
            ["P-1", "acc-7", "민준", "김 acc", "1960-01-02", UID],
            ["P-2", "민준 P-2", "1960-9"],
        ),
    ],
)
def test_a_film_is_found_by_what_the_setting_shows(
    start: Start, shown: str, found: list[str], missed: list[str]
) -> None:
    client = start(identifiers=shown)
    content = film_bytes(AccessionNumber="ACC-7", SOPInstanceUID=UID)
    id = client.post("/v1/score", content=content, headers=DICOM).json()["id"]
    others = Stock(records_of(client))
    study = ImageFacts("dicom", "ab" * 32, 80, 60, "PA", study_instance_uid="1.2.3.4")
    other = others.graded(scored(study), patient=PATIENT)
    assert listed(client, search="1.2.3.4") == [other]
    assert client.get(f"/v1/worklist/{id}").json()["accession"] == "ACC-7"
    for search in (*found, id):
        assert listed(client, search=search) == [id]
    for search in missed:
        assert listed(client, search=search) == []
    records_of(client).films.let_go([id], lambda _: None)
    assert "accession" not in client.get(f"/v1/worklist/{id}").json()
    assert listed(client, search="P-1") == [], "what is no longer kept is no longer shown"


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
        {"since": "20260301"},
        {"until": "1.65e-9"},
        {"until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"reviewed": "maybe"},
        {"search": ""},
        {"search": "  "},
        {"search": "a\0b"},
        {"search": "x" * 101},
        {"id": "x"},
        {"id": ["01JARADMZ00000000000000000"] * 201},
        {"after": "x"},
        {"after": "01JARADMZ00000000000000000", "order": "severest"},
    ],
)
def test_a_wrong_parameter_is_told(client: TestClient, params: dict[str, Any]) -> None:
    answer = client.get("/v1/worklist", params=params)
    assert answer.status_code == 422
    expected = "invalid_cursor" if "after" in params else "invalid_parameters"
    assert answer.json()["code"] == expected


@pytest.mark.parametrize("order", ["newest", "severest", "acquired"])
def test_a_film_that_comes_while_one_turns_pages_shifts_nothing(
    client: TestClient, stock: Stock, order: str
) -> None:
    ids = [stock.scored(brixia=float(n), acquired=f"2026-02-0{n + 1}") for n in range(6)]
    first = client.get("/v1/worklist", params={"limit": 3, "order": order}).json()
    stock.scored(brixia=17.0, acquired="2026-02-28")
    shown = [film["id"] for film in first["films"]]
    assert shown + listed(client, order=order, after=first["next"]) == ids[::-1]


def test_labels_tell_patients_apart(client: TestClient, stock: Stock) -> None:
    one = stock.scored(patient=PATIENT)
    two = stock.scored(patient=PATIENT)
    labels = [client.get(f"/v1/worklist/{id}").json()["patient"] for id in (one, two)]
    assert labels == [{"label": PATIENT[:6]}] * 2


def test_a_film_let_go_stays_in_the_list(client: TestClient, stock: Stock) -> None:
    id = stock.scored()
    stock.records.films.let_go([id], lambda _: None)
    assert client.get(f"/v1/worklist/{id}").json()["kept"] is False
