from __future__ import annotations

import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydicom import dcmread

from radiograde.service.auth.principal import Principal, Role
from radiograde.service.http import caller as access
from radiograde.service.http import schemas
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer, png
from tests.service.reviews.made import CORRECTED

CORRECTION = {"verdict": "corrected", "zones": CORRECTED, "comment": "right base"}


def scored(client: TestClient, content: bytes | None = None) -> str:
    """Have a film graded; return its id, whatever came of it."""
    sent = content or film_bytes()
    answer = client.post("/v1/score", content=sent, headers={"Content-Type": "application/dicom"})
    body = answer.json()
    found: str = body.get("id") or body["result_id"]
    return found


def post(client: TestClient, film: str, body: Any) -> Any:
    return client.post(f"/v1/results/{film}/reviews", json=body)


def test_a_review_is_answered_and_shown_with_its_result(client: TestClient) -> None:
    film = scored(client)
    scores = client.get(f"/v1/results/{film}").json()
    assert "reviews" not in scores
    answer = post(client, film, CORRECTION)
    review = answer.json()
    assert answer.status_code == 201
    assert (review["reviewer"], review["verdict"]) == ("local", "corrected")
    assert (review["zones"], review["brixia"]) == (CORRECTED, 6)
    assert review["created"].endswith("+00:00")
    assert client.get(f"/v1/results/{film}/reviews").json() == {"reviews": [review]}
    assert client.get(f"/v1/results/{film}").json() == scores | {"reviews": [review]}
    schemas.Result.model_validate(scores | {"reviews": [review]})
    assert client.get("/v1/results").json()["results"] == [scores | {"reviews": [review]}]


def test_a_grade_may_be_written_with_a_decimal_point(client: TestClient) -> None:
    film = scored(client)
    grades = {zone: float(grade) for zone, grade in CORRECTED.items()}
    answer = post(client, film, {"verdict": "corrected", "zones": grades})
    assert answer.status_code == 201
    assert answer.json()["zones"] == CORRECTED
    assert all(isinstance(grade, int) for grade in answer.json()["zones"].values())


def test_a_reader_who_judges_again_is_heard_once(client: TestClient) -> None:
    film = scored(client)
    post(client, film, CORRECTION)
    again = post(client, film, {"verdict": "accepted"}).json()
    assert (again["zones"], again["brixia"], again["comment"]) == (None, None, None)
    assert client.get(f"/v1/results/{film}/reviews").json() == {"reviews": [again]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"verdict": "corrected", "zones": CORRECTED | {"A": 4}}, "zones.A"),
        ({"verdict": "corrected", "zones": CORRECTED | {"A": -1}}, "zones.A"),
        ({"verdict": "corrected", "zones": CORRECTED | {"A": 1.5}}, "zones.A"),
        ({"verdict": "corrected", "zones": CORRECTED | {"A": True}}, "zones.A"),
        ({"verdict": "corrected", "zones": CORRECTED | {"A": "2"}}, "zones.A"),
        ({"verdict": "corrected", "zones": CORRECTED | {"A": 1e300}}, "zones.A"),
        ({"verdict": "corrected", "zones": CORRECTED | {"G": 1}}, "zones.G"),
        ({"verdict": "corrected", "zones": {"A": 1}}, "all six zones"),
        ({"verdict": "corrected"}, "all six zones"),
        ({"verdict": "accepted", "zones": CORRECTED}, "verdict corrected alone"),
        ({"verdict": "excellent"}, "verdict"),
        ({"verdict": "accepted", "comment": "x" * 2001}, "comment"),
        ({"verdict": "accepted", "reviewer": "somebody else"}, "reviewer"),
        (["accepted"], "object"),
        ({}, "verdict"),
    ],
)
def test_what_is_no_review_is_refused_in_words(client: TestClient, body: Any, message: str) -> None:
    film = scored(client)
    answer = post(client, film, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameters")
    assert message in answer.json()["detail"]
    assert client.get(f"/v1/results/{film}/reviews").json() == {"reviews": []}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b"[" * 60_000, 400),
        (b" " * 65_537, 413),
        (b'{"verdict": "accepted", "comment": "\\ud800"}', 422),
        (b'{"verdict": "corrected", "zones": {"\\ud800": 1}}', 422),
        (b'{"verdict": "\\ud800", "\\ud800": 1}', 422),
    ],
)
def test_a_body_that_is_no_review_or_too_long_is_refused(
    client: TestClient, content: bytes, status: int
) -> None:
    answer = client.post(
        f"/v1/results/{scored(client)}/reviews",
        content=content,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_comments_are_plain_text_and_never_logged(
    client: TestClient, capfd: pytest.CaptureFixture[str]
) -> None:
    film = scored(client)
    comment = "  DOE^JANE\x00\x1b[31m\r\nsecond\tline\u202a \u0000 "
    kept = post(client, film, {"verdict": "accepted", "comment": comment}).json()["comment"]
    assert kept == "DOE^JANE[31m\nsecond line\u202a"
    assert post(client, film, {"verdict": "accepted", "comment": " \n"}).json()["comment"] is None
    captured = capfd.readouterr()
    assert "DOE" not in captured.out + captured.err
    assert "reviewed" in captured.out + captured.err


def test_a_rejected_film_takes_every_verdict_and_an_unreadable_file_none(start: Start) -> None:
    client = start(FakeScorer(rejects=True))
    film = scored(client)
    for body in ({"verdict": "accepted"}, {"verdict": "not_gradable"}, CORRECTION):
        assert post(client, film, body).status_code == 201
    answer = post(client, scored(client, b"no film"), {"verdict": "accepted"})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_reviewable")


def test_an_unknown_result_has_no_reviews(client: TestClient) -> None:
    for answer in (
        post(client, "unknown", CORRECTION),
        client.get("/v1/results/unknown/reviews"),
        client.get("/v1/results/unknown/reviews/x/sr"),
        client.get(f"/v1/results/{scored(client)}/reviews/x/sr"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_report_of_a_review_names_its_reader(client: TestClient) -> None:
    film = scored(client)
    review = post(client, film, CORRECTION).json()["id"]
    answer = client.get(f"/v1/results/{film}/reviews/{review}/sr")
    assert answer.headers["content-type"] == "application/dicom"
    assert f"review-{review}.dcm" in answer.headers["content-disposition"]
    ds = dcmread(io.BytesIO(answer.content))
    assert ds.AuthorObserverSequence[0].PersonName == "local^"
    assert client.get(f"/v1/results/{film}/reviews/{review}/sr").content == answer.content


def acting(client: TestClient, role: Role) -> None:
    """Let every call from now on be that of a caller with a role."""
    overrides = client.app.dependency_overrides  # type: ignore[attr-defined]
    overrides[access._caller] = lambda: Principal("other", role)


def test_only_readers_review_and_who_only_sends_is_not_told(client: TestClient) -> None:
    film = scored(client)
    acting(client, "reader")
    assert post(client, film, CORRECTION).json()["reviewer"] == "other"
    acting(client, "engineer")
    answer = post(client, film, CORRECTION)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert len(client.get(f"/v1/results/{film}").json()["reviews"]) == 1
    acting(client, "sender")
    assert "reviews" not in client.get(f"/v1/results/{film}").json()
    assert client.get(f"/v1/results/{film}/reviews").status_code == 403


def test_a_picture_or_a_film_that_is_gone_has_no_report(client: TestClient) -> None:
    picture, film = scored(client, png()), scored(client)
    client.app.state.runtime.records.archive.drop(film)  # type: ignore[attr-defined]
    for one in (picture, film):
        review = post(client, one, CORRECTION).json()["id"]
        answer = client.get(f"/v1/results/{one}/reviews/{review}/sr")
        assert (answer.status_code, answer.json()["code"]) == (409, "no_document")


def test_every_answer_is_described(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    route = document["paths"]["/v1/results/{id}/reviews"]["post"]
    body = route["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    described = document["components"]["schemas"][body.rpartition("/")[2]]["properties"]
    assert set(described) == {"verdict", "zones", "comment"}
    for status in ("401", "403", "404", "409", "413", "422", "503"):
        assert "application/problem+json" in route["responses"][status]["content"]
