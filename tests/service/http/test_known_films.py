"""A film that was here before, by whatever source: one film, one result, and where it goes."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from radiograde.model.limits import Limits
from radiograde.model.scoring.result import SeverityResult
from radiograde.service.documents.sr.structured_report import structured_report
from radiograde.service.grading.film_grader import FilmGrader
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes, graded_film
from tests.service.fakes import BlockingScorer, BreakingScorer, FakeScorer, png
from tests.service.grading.graders import Outbox, work_with
from tests.service.http.test_scoring import assert_problem
from tests.service.worklist.stock import records_of

CT = "1.2.840.10008.5.1.4.1.1.2"


class NewModel(FakeScorer):
    """Answers as another model file."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = dataclasses.replace(self.facts, sha256="ef" * 32)

    def score(self, radiograph: Any) -> SeverityResult:
        return dataclasses.replace(super().score(radiograph), model=self.facts)


def score(client: TestClient, content: bytes, **query: Any) -> dict[str, Any]:
    answer = client.post(
        "/v1/score", content=content, params=query, headers={"Content-Type": "application/dicom"}
    )
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def jobs(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/jobs").json()["jobs"]
    return found


def site(tmp_path: Path, text: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "radiograde.toml").write_text(text)


def folder(tmp_path: Path, name: str = "share", more: str = "") -> str:
    return f'[[destination]]\nname = "{name}"\ntype = "folder"\npath = "{tmp_path}"\n{more}\n'


def test_a_film_by_http_twice_and_by_stow_once_is_one(client: TestClient) -> None:
    first = score(client, film_bytes())
    assert score(client, film_bytes()) == first
    stored = client.post(
        "/dicom-web/studies", content=film_bytes(), headers={"Content-Type": "application/dicom"}
    )
    assert stored.status_code == 200
    (job,) = jobs(client)
    assert (job["id"], job["source"], job["door"]) == (first["id"], "http", "http")
    assert len(client.get("/v1/results").json()["results"]) == 1


def test_a_film_that_came_by_dicom_is_answered_with_its_result(client: TestClient) -> None:
    records = records_of(client)
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work_with(records).grade(film)
    kept = client.get(f"/v1/results/{film}").json()
    assert score(client, film_bytes()) == kept


def test_a_film_that_waits_is_graded_for_whom_waits_for_it(client: TestClient) -> None:
    records = records_of(client)
    film = records.intake.accept(film_bytes(), "dicom").film_id
    assert score(client, film_bytes())["id"] == film
    work_with(records).grade(film)
    assert records.jobs.get(film).attempts == 1


def test_asked_again_it_is_graded_again_under_its_id(client: TestClient) -> None:
    first = score(client, film_bytes())
    assert client.get(f"/v1/results/{first['id']}/sr").status_code == 200
    second = score(client, film_bytes(), again=True)
    assert second["id"] == first["id"]
    assert second["scores"] == first["scores"]
    assert client.get(f"/v1/results/{first['id']}").json() == second
    assert client.get(f"/v1/results/{first['id']}/seg").status_code == 200
    assert len(jobs(client)) == 1


def test_the_result_of_another_model_is_replaced_with_its_documents(client: TestClient) -> None:
    records = records_of(client)
    first = score(client, film_bytes())
    path = f"/v1/results/{first['id']}/sr"
    before = client.get(path).content
    newer = FilmGrader(records, NewModel(), Limits()).answer(film_bytes())
    assert newer.id == first["id"]
    kept = client.get(f"/v1/results/{first['id']}").json()
    assert kept["model"]["sha256"] == "ef" * 32
    assert client.get(path).content != before


def test_a_reviewed_result_stays(client: TestClient) -> None:
    records = records_of(client)
    first = score(client, film_bytes())
    review = {"verdict": "accepted"}
    assert client.post(f"/v1/results/{first['id']}/reviews", json=review).status_code == 201
    assert score(client, film_bytes()) == first
    answer = client.post(
        "/v1/score",
        content=film_bytes(),
        params={"again": True},
        headers={"Content-Type": "application/dicom"},
    )
    assert_problem(answer, 409, "reviewed")
    newer = FilmGrader(records, NewModel(), Limits()).answer(film_bytes())
    assert newer.model.sha256 == first["model"]["sha256"]


def test_other_pixels_under_a_known_uid_are_another_film(client: TestClient) -> None:
    first = score(client, film_bytes())
    brighter = film_bytes(WindowCenter=1500)
    other = score(client, brighter)
    assert other["id"] != first["id"]
    assert other["image"]["sha256"] != first["image"]["sha256"]
    assert score(client, brighter) == other
    assert score(client, film_bytes()) == first


def test_a_film_that_failed_is_tried_anew(client: TestClient) -> None:
    headers = {"Content-Type": "application/dicom"}
    answers = [
        client.post("/v1/score", content=film_bytes()[:-1000], headers=headers) for _ in range(2)
    ]
    ids = {answer.json()["result_id"] for answer in answers}
    assert len(ids) == 2
    assert {job["state"] for job in jobs(client)} == {"failed"}


def test_a_film_whose_bytes_were_let_go_is_known(client: TestClient) -> None:
    records = records_of(client)
    first = score(client, film_bytes())
    records.archive.drop(first["id"])
    records.films.let_go([first["id"]], records.archive.drop)
    assert score(client, film_bytes()) == first
    assert records.archive.film(first["id"]) == film_bytes()


def test_two_who_ask_at_once_are_answered_alike(start: Start) -> None:
    scorer = BlockingScorer()
    client = start(scorer, workers=2)
    with ThreadPoolExecutor(2) as callers:
        waiting = [callers.submit(score, client, film_bytes()) for _ in range(2)]
        for _ in waiting:
            assert scorer.begun.acquire(timeout=30)
        scorer.go.set()
        first, second = (future.result(30) for future in waiting)
    assert first == second
    assert len(client.get("/v1/results").json()["results"]) == 1


def test_a_film_whose_request_broke_off_is_graded_by_the_worker(start: Start) -> None:
    client = start(BreakingScorer())
    answer = client.post("/v1/score", content=png())
    assert_problem(answer, 500, "internal_error")
    records = records_of(client)
    (job,) = jobs(client)
    assert job["state"] == "waiting"
    query = sa.text("SELECT count(*) FROM workflow_status WHERE workflow_uuid LIKE :film")
    with records.database.engine.connect() as connection:
        assert connection.execute(query, {"film": f"{job['id']}%"}).scalar() == 1
    work_with(records).grade(job["id"])
    assert client.get(f"/v1/results/{job['id']}").json()["status"] == "scored"


@pytest.mark.parametrize(
    ("content", "reason", "code"),
    [
        (film_bytes(SOPClassUID=CT), "not_a_film", "not_radiograph"),
        (structured_report(graded_film()).content, "own_output", "own_output"),
    ],
)
@pytest.mark.parametrize("before", [True, False])
def test_what_is_no_film_is_set_aside_and_said(
    client: TestClient, content: bytes, reason: str, code: str, before: bool
) -> None:
    if before:
        records = records_of(client)
        film = records.intake.accept(content, "dicom").film_id
        work_with(records).grade(film)
    answer = client.post(
        "/v1/score", content=content, headers={"Content-Type": "application/dicom"}
    )
    assert_problem(answer, 422, "out_of_scope")
    document = answer.json()
    assert [one["code"] for one in document["gate"]["reasons"]] == [code]
    (job,) = jobs(client)
    assert (job["id"], job["state"], job["reason"]) == (document["result_id"], "set_aside", reason)
    assert client.get(f"/v1/results/{job['id']}").json()["gate"] == document["gate"]
    assert client.get(f"/v1/results/{job['id']}/seg").status_code == 409


def test_one_limit_of_bytes_holds_for_http_too(start: Start, tmp_path: Path) -> None:
    site(tmp_path, "[node]\nmax_object_mb = 1\n")
    client = start()
    large = film_bytes() + bytes(3 * 2**20)
    headers = {"Content-Type": "application/dicom"}
    assert_problem(client.post("/v1/score", content=large, headers=headers), 413, "too_large")
    assert_problem(client.post("/v1/score", files={"file": large}), 413, "too_large")
    stowed = client.post("/dicom-web/studies", content=large, headers=headers)
    assert_problem(stowed, 413, "too_large")
    assert jobs(client) == []
    exact = film_bytes() + bytes(2**20 - len(film_bytes()))
    assert client.post("/v1/score", files={"file": exact}).status_code == 200


def test_a_film_by_http_goes_nowhere_by_itself_and_says_so(start: Start, tmp_path: Path) -> None:
    site(tmp_path, folder(tmp_path) + folder(tmp_path, "page", 'sources = ["http"]'))
    client = start()
    job = client.get(f"/v1/jobs/{score(client, film_bytes())['id']}").json()
    assert job["destinations"] == ["share", "page"]
    assert [(one["destination"], one["state"]) for one in job["deliveries"]] == [
        ("page", "waiting")
    ]


def test_a_film_is_delivered_on_demand(start: Start, tmp_path: Path) -> None:
    site(tmp_path, folder(tmp_path) + folder(tmp_path, "other"))
    client = start()
    film = score(client, film_bytes())["id"]
    route = f"/v1/jobs/{film}/deliver"
    chosen = client.post(route, json={"destinations": ["other"]})
    assert chosen.status_code == 202
    assert [one["destination"] for one in chosen.json()["deliveries"]] == ["other"]
    for _ in range(2):
        every = client.post(route)
        assert every.status_code == 202
        assert [one["destination"] for one in every.json()["deliveries"]] == ["other", "share"]
        assert every.json()["destinations"] == ["share", "other"]
    records = records_of(client)
    outbox = Outbox("share")
    work_with(records, outbox).deliver(film, "share")
    assert [result for result, _ in outbox.sent] == [film]
    again = client.post(route).json()["deliveries"]
    assert {one["destination"]: one["state"] for one in again}["share"] == "delivered"


def test_what_is_parked_is_set_going_by_a_demand(start: Start, tmp_path: Path) -> None:
    site(tmp_path, folder(tmp_path))
    client = start()
    film = score(client, film_bytes())["id"]
    client.post(f"/v1/jobs/{film}/deliver")
    refusing = work_with(records_of(client), Outbox("share", RuntimeError()))
    for _ in range(4):
        refusing.deliver(film, "share")
    assert client.get(f"/v1/jobs/{film}").json()["deliveries"][0]["state"] == "parked"
    demanded = client.post(f"/v1/jobs/{film}/deliver").json()
    assert demanded["deliveries"][0]["state"] == "waiting"


def test_what_cannot_be_delivered_is_said(start: Start, tmp_path: Path) -> None:
    site(tmp_path, folder(tmp_path))
    client = start()
    records = records_of(client)
    assert_problem(client.post("/v1/jobs/none/deliver"), 404, "not_found")
    waiting = records.intake.accept(film_bytes(), "dicom").film_id
    assert_problem(client.post(f"/v1/jobs/{waiting}/deliver"), 409, "not_deliverable")
    graded = score(client, png())["id"]
    route = f"/v1/jobs/{graded}/deliver"
    unknown = client.post(route, json={"destinations": ["nowhere"]})
    assert_problem(unknown, 422, "unknown_destination")
    assert_problem(client.post(route, json={"destination": "share"}), 422, "invalid_parameters")
    records.archive.drop(graded)
    records.films.let_go([graded], records.archive.drop)
    assert_problem(client.post(route), 409, "not_deliverable")


def test_without_destinations_nothing_can_be_delivered(client: TestClient) -> None:
    film = score(client, film_bytes())["id"]
    assert client.get(f"/v1/jobs/{film}").json()["destinations"] == []
    assert_problem(client.post(f"/v1/jobs/{film}/deliver"), 409, "not_deliverable")


def test_a_film_of_the_page_that_a_modality_sends_too_is_delivered(client: TestClient) -> None:
    records = records_of(client)
    work = work_with(records, Outbox("pacs"))
    film = score(client, film_bytes())["id"]
    assert records.jobs.get(film).deliveries == ()
    assert records.intake.accept(film_bytes(), "dicom").known
    work.grade(film)
    assert [one.destination for one in records.jobs.get(film).deliveries] == ["pacs"]
    work.grade(film)
    assert len(records.jobs.get(film).deliveries) == 1


def test_a_result_that_is_replaced_is_sent_anew(client: TestClient) -> None:
    records = records_of(client)
    outbox = Outbox("pacs")
    work = work_with(records, outbox)
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work.grade(film)
    work.deliver(film, "pacs")
    score(client, film_bytes(), again=True)
    assert records.jobs.get(film).deliveries[0].state == "waiting"
    work.deliver(film, "pacs")
    assert len(outbox.sent) == 2


def test_a_delivery_while_its_film_is_graded_again_waits(start: Start) -> None:
    scorer = BlockingScorer()
    client = start(scorer)
    records = records_of(client)
    outbox = Outbox("pacs")
    work = work_with(records, outbox)
    film = records.intake.accept(film_bytes(), "dicom").film_id
    work.grade(film)
    asking = threading.Thread(target=score, args=(client, film_bytes()), kwargs={"again": True})
    asking.start()
    assert scorer.begun.acquire(timeout=30)
    real = dataclasses.replace(work.deliverer, document_store=records.document_store)
    real.deliver(film, "pacs")
    assert records.jobs.get(film).deliveries[0].error == "unreachable"
    scorer.go.set()
    asking.join(30)
    work.deliver(film, "pacs")
    assert len(outbox.sent) == 1
