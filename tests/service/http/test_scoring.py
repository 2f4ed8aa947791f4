from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from radiograde.service.http import schemas
from radiograde.service.http.uploads import RAW_TYPES
from tests.service.conftest import Start
from tests.service.fakes import LATERAL, BreakingScorer, FakeScorer, png

PROBLEM_MEMBERS = {"type", "title", "status", "detail", "code"}


def assert_problem(answer: Response, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document.keys() >= PROBLEM_MEMBERS
    assert document["status"] == status
    assert document["code"] == code
    assert document["type"] == f"urn:radiograde:problem:{code}"
    assert document["title"]
    assert document["detail"]
    schemas.Problem.model_validate(document)


def send(client: TestClient, data: bytes, media_type: str = "image/png") -> Response:
    headers = {"content-type": media_type}
    answer: Response = client.post("/v1/score", content=data, headers=headers)
    return answer


@pytest.mark.parametrize("media_type", RAW_TYPES)
def test_a_raw_body_is_scored_and_kept(client: TestClient, media_type: str) -> None:
    answer = send(client, png(), media_type)
    assert answer.status_code == 200
    document = answer.json()
    schemas.Result.model_validate(document)
    assert document["image"]["sha256"] == hashlib.sha256(png()).hexdigest()
    assert client.get(f"/v1/results/{document['id']}").json() == document


def test_a_body_without_a_content_type_is_taken_as_raw(client: TestClient) -> None:
    answer = client.post("/v1/score", content=png())
    assert "content-type" not in answer.request.headers
    assert answer.status_code == 200


def test_a_media_type_may_have_parameters(client: TestClient) -> None:
    assert send(client, png(), "Application/DICOM; transfer-syntax=*").status_code == 200


def test_a_form_field_is_scored_like_the_raw_body(client: TestClient) -> None:
    by_form = client.post("/v1/score", files={"file": ("film.png", png())}).json()
    raw = send(client, png()).json()
    for document in (by_form, raw):
        del document["id"], document["timing_ms"]
    assert by_form == raw


def test_an_out_of_scope_film_is_refused_with_the_gate_and_kept(start: Start) -> None:
    client = start(FakeScorer(rejects=True))
    answer = send(client, png())
    assert_problem(answer, 422, "out_of_scope")
    document = answer.json()
    assert document["detail"] == LATERAL.message
    assert document["gate"]["in_scope"] is False
    kept = client.get(f"/v1/results/{document['result_id']}").json()
    schemas.Result.model_validate(kept)
    assert kept["status"] == "rejected"
    assert "scores" not in kept


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 415, "unknown_format"),
        (b"no film", 415, "unknown_format"),
        (png()[:-60], 400, "truncated"),
    ],
)
def test_an_unreadable_file_is_refused_and_kept(
    client: TestClient, data: bytes, status: int, code: str
) -> None:
    answer = send(client, data)
    assert_problem(answer, status, code)
    kept = client.get(f"/v1/results/{answer.json()['result_id']}").json()
    schemas.Result.model_validate(kept)
    assert kept["status"] == "failed"
    assert kept["error"]["code"] == code


def test_other_content_types_are_refused_before_they_are_read(client: TestClient) -> None:
    answer = send(client, png(), "text/plain")
    assert_problem(answer, 415, "unsupported_media_type")
    assert client.get("/v1/results").json()["results"] == []


@pytest.mark.parametrize(
    "form",
    [
        b"garbage",
        b"",
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="film"; filename="a"\r\n\r\nb\r\n--x--\r\n',
    ],
)
def test_a_form_without_the_file_is_refused(client: TestClient, form: bytes) -> None:
    answer = send(client, form, "multipart/form-data; boundary=x")
    assert_problem(answer, 400, "bad_request")


def test_a_form_without_a_boundary_is_refused(client: TestClient) -> None:
    assert_problem(send(client, b"x", "multipart/form-data"), 400, "bad_request")


def chunks(total: int) -> Iterator[bytes]:
    for _ in range(total // 2**16):
        yield bytes(2**16)


def test_a_large_body_is_refused_by_its_declared_length(start: Start) -> None:
    client = start(max_upload_mb=1)
    assert_problem(send(client, bytes(2**20 + 1)), 413, "too_large")
    assert_problem(client.post("/v1/score", files={"file": bytes(2**20 + 1)}), 413, "too_large")


def test_a_large_body_is_refused_by_what_arrives(start: Start) -> None:
    client = start(max_upload_mb=1)
    answer = client.post("/v1/score", content=chunks(2**21), headers={"content-type": "image/png"})
    assert "content-length" not in answer.request.headers
    assert_problem(answer, 413, "too_large")


def test_a_large_form_is_refused_by_what_arrives(start: Start) -> None:
    client = start(max_upload_mb=1)

    def form() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        yield from chunks(2**21)

    answer = client.post(
        "/v1/score", content=form(), headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert_problem(answer, 413, "too_large")


def test_what_breaks_says_nothing_of_the_patient(
    start: Start, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = send(start(BreakingScorer()), png())
    assert_problem(answer, 500, "internal_error")
    assert "DOE" not in answer.text
    logged = "".join(capfd.readouterr())
    assert "unexpected_error" in logged
    assert "RuntimeError" in logged
    assert "DOE" not in logged


def test_nothing_is_answered_that_could_not_be_kept(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start()

    def broken(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(Engine, "begin", broken)  # of whatever engine writes
    assert_problem(send(client, png()), 503, "store_unavailable")
