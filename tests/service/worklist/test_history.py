"""The same patient's films, and what changed between them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from fastapi.testclient import TestClient

from radiograde.service.reviews.review import Judgement
from radiograde.service.worklist.history import PatientHistory
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FACTS, METADATA, FakeScorer
from tests.service.worklist.stock import PATIENT, Stock, records_of

DICOM = {"Content-Type": "application/dicom"}


@pytest.fixture
def client(start: Start) -> TestClient:
    """Return a client of a service whose model repeats itself to within 4 points."""
    scorer = FakeScorer()
    thresholds = dataclasses.replace(METADATA.thresholds, repeatability=4.0)
    scorer.metadata = dataclasses.replace(METADATA, thresholds=thresholds)
    return start(scorer)


def history(client: TestClient, id: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/results/{id}/history").json()
    PatientHistory.model_validate(answer)
    assert answer["repeatability"] == 4.0
    films: list[dict[str, Any]] = answer["films"]
    return films


def test_films_in_the_order_in_which_they_were_taken(client: TestClient, stock: Stock) -> None:
    third = stock.scored(9.5, patient=PATIENT, acquired="2026-02-03T10:00:00")
    first = stock.scored(3.0, patient=PATIENT, acquired="2026-02-01")
    second = stock.scored(4.0, patient=PATIENT, acquired="2026-02-01T23:00:00")
    stock.scored(patient="B" * 26)
    stock.scored()
    films = history(client, second)
    assert [film["id"] for film in films] == [first, second, third]
    assert [film["change"] for film in films] == [
        None,
        {"since": first, "delta": 1.0, "verdict": "no_certain_change"},
        {"since": second, "delta": 5.5, "verdict": "worse"},
    ]


def test_the_change_since_the_first_film_stands_beside_the_last(
    client: TestClient, stock: Stock
) -> None:
    stock.rejected(patient=PATIENT, acquired="2026-01-01")
    first, second, third = (
        stock.scored(brixia, patient=PATIENT, acquired=f"2026-02-0{day}")
        for day, brixia in ((1, 3.0), (2, 6.0), (3, 9.5))
    )
    films = history(client, second)[1:]
    assert [film["id"] for film in films] == [first, second, third]
    assert [film["since_first"] for film in films] == [
        None,
        None,
        {"since": first, "delta": 6.5, "verdict": "worse"},
    ]
    assert films[2]["change"] == {"since": second, "delta": 3.5, "verdict": "no_certain_change"}


def test_films_without_a_score_are_told_and_passed_over(client: TestClient, stock: Stock) -> None:
    ids = [
        stock.scored(12.0, patient=PATIENT),
        stock.rejected(patient=PATIENT),
        stock.film(patient=PATIENT),
        stock.scored(2.0, patient=PATIENT),
    ]
    films = history(client, ids[0])
    assert [film["status"] for film in films] == ["scored", "rejected", "waiting", "scored"]
    assert [film["change"] for film in films[:3]] == [None] * 3
    assert films[3]["change"] == {"since": ids[0], "delta": -10.0, "verdict": "better"}


def test_two_models_are_not_compared(client: TestClient, stock: Stock) -> None:
    stock.scored(12.0, patient=PATIENT, sha256="cd" * 32)
    stock.scored(1.0, patient=PATIENT, sha256="cd" * 32)
    last = stock.scored(12.0, patient=PATIENT, sha256=FACTS.sha256)
    verdicts = [film["change"] and film["change"]["verdict"] for film in history(client, last)]
    assert verdicts == [None, "not_known", "other_model"]


def test_a_correction_is_shown_and_changes_no_comparison(client: TestClient, stock: Stock) -> None:
    one = stock.scored(5.0, patient=PATIENT)
    two = stock.scored(5.0, patient=PATIENT)
    stock.reviewed(two, judgement=Judgement("corrected", dict.fromkeys("ABCDEF", 3)))
    films = history(client, one)
    assert films[1]["review"]["brixia"] == 18
    assert films[1]["change"]["delta"] == 0


def test_nobodys_film_stands_alone(client: TestClient, stock: Stock) -> None:
    one = stock.scored()
    stock.scored()
    assert [film["id"] for film in history(client, one)] == [one]


def test_what_was_set_aside_has_no_history(client: TestClient, stock: Stock) -> None:
    aside = stock.film(patient=PATIENT)
    stock.set_aside(aside)
    assert client.get(f"/v1/results/{aside}/history").status_code == 404
    assert client.get("/v1/results/none/history").status_code == 404
    film = stock.scored(patient=PATIENT)
    assert [film["id"] for film in history(client, film)] == [film]


def test_an_old_film_of_a_patient_with_many_is_among_them(
    client: TestClient, stock: Stock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radiograde.service.worklist.history.MOST_FILMS", 2)
    ids = [stock.scored(patient=PATIENT) for _ in range(4)]
    assert [film["id"] for film in history(client, ids[0])] == [ids[0], ids[2], ids[3]]


def test_all_doors_know_the_patient(client: TestClient) -> None:
    scored = client.post("/v1/score", content=film_bytes(), headers=DICOM).json()["id"]
    stored = records_of(client).intake.accept(film_bytes(SOPInstanceUID="1.2.3"), "dicom").film_id
    others = film_bytes(SOPInstanceUID="1.2.4", PatientID="P-2")
    records_of(client).intake.accept(others, "folder")
    assert [film["id"] for film in history(client, stored)] == [scored, stored]


def test_an_instance_that_came_again_counts_once(client: TestClient) -> None:
    content = film_bytes()
    sent = [client.post("/v1/score", content=content, headers=DICOM).json() for _ in range(2)]
    for result in sent:
        assert [film["id"] for film in history(client, result["id"])] == [result["id"]]
