from __future__ import annotations

import io
import re

import pydicom
import pytest
from fastapi.testclient import TestClient

from radiograde.service.films.intake import Intake
from radiograde.service.http import schemas
from tests.service.conftest import Start
from tests.service.documents.graded_films import STUDY_UID, film_bytes
from tests.service.fakes import LATERAL, FakeScorer, png
from tests.service.worklist.stock import records_of


def test_every_source_shows_in_the_list(client: TestClient) -> None:
    intake: Intake = records_of(client).intake
    stored = intake.accept(film_bytes(), "dicom").film_id
    answered = client.post("/v1/score", content=png(), headers={"Content-Type": "image/png"})
    page = client.get("/v1/jobs").json()
    schemas.JobPage.model_validate(page)
    assert [job["id"] for job in page["jobs"]] == [answered.json()["id"], stored]
    for name in ("source", "door"):
        assert [job[name] for job in page["jobs"]] == ["http", "dicom"]
    assert page["counts"]["waiting"] == 1
    assert client.get("/v1/jobs", params={"state": "waiting"}).json()["jobs"][0]["id"] == stored
    assert client.get(f"/v1/jobs/{stored}").json()["state"] == "waiting"


def test_a_job_says_who_sent_it_and_of_which_study(start: Start) -> None:
    known = dict.fromkeys(("study_instance_uid", "accession"))
    for identifiers in ("none", "id"):
        client = start(FakeScorer(), identifiers=identifiers)
        records_of(client).intake.accept(film_bytes(), "dicom", "XRAY1")
        client.post("/v1/score", content=png(), headers={"Content-Type": "image/png"})
        picture, film = client.get("/v1/jobs").json()["jobs"]
        assert (film["sender"], picture["sender"]) == ("XRAY1", "127.0.0.1")
        assert re.fullmatch("[A-Z2-7]{6}", film["study"])
        alone = client.get(f"/v1/jobs/{film['id']}").json()
        assert alone == film | {"destinations": []}
        assert {name: picture[name] for name in ("study", *known)} == {"study": None} | known
        shown = {name: film[name] for name in known}
        if identifiers == "none":
            assert shown == known
            assert STUDY_UID not in str(film)
        else:
            assert shown == {"study_instance_uid": STUDY_UID, "accession": "ACC-7"}


def test_pages_follow_each_other(client: TestClient) -> None:
    ids = [
        records_of(client).intake.accept(png(columns=60 + n), "folder").film_id for n in range(5)
    ]
    first = client.get("/v1/jobs", params={"limit": 3}).json()
    second = client.get("/v1/jobs", params={"limit": 3, "before": first["next"]}).json()
    assert [job["id"] for job in first["jobs"] + second["jobs"]] == ids[::-1]
    assert second["next"] is None


def test_an_unknown_job_is_not_found(client: TestClient) -> None:
    for answer in (client.get("/v1/jobs/none"), client.post("/v1/jobs/none/retry")):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_nothing_stopped_is_nothing_to_retry(client: TestClient) -> None:
    film = records_of(client).intake.accept(png(), "folder").film_id
    assert client.post(f"/v1/jobs/{film}/retry").json() == {"retried": 0}


@pytest.mark.parametrize(
    ("path", "begins"),
    [("overlay.png", b"\x89PNG"), ("report.pdf", b"%PDF"), ("fhir", b"{"), ("sr", b"\0")],
)
def test_a_scored_film_has_its_documents(client: TestClient, path: str, begins: bytes) -> None:
    scored = client.post("/v1/score", content=film_bytes(), headers=DICOM).json()["id"]
    answer = client.get(f"/v1/results/{scored}/{path}")
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert client.get(f"/v1/results/{scored}/{path}").content == answer.content


DICOM = {"Content-Type": "application/dicom"}


def test_the_report_of_a_rejected_film_says_why_and_it_has_no_pictures(start: Start) -> None:
    client = start(FakeScorer(rejects=True))
    rejected = client.post("/v1/score", content=film_bytes(), headers=DICOM).json()["result_id"]
    content = client.get(f"/v1/results/{rejected}/sr").content
    ds = pydicom.dcmread(io.BytesIO(content))
    assert ds.Modality == "SR"
    assert LATERAL.message.encode() in content
    for path in ("seg", "sc", "overlay.png"):
        answer = client.get(f"/v1/results/{rejected}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (409, "no_document")


def test_a_picture_and_a_broken_file_have_no_dicom_documents(client: TestClient) -> None:
    picture = client.post("/v1/score", content=png(), headers={"Content-Type": "image/png"})
    broken = client.post("/v1/score", content=film_bytes()[:-900], headers=DICOM)
    for id in (picture.json()["id"], broken.json()["result_id"]):
        assert client.get(f"/v1/results/{id}/sr").status_code == 409
    assert client.get("/v1/results/none/sr").status_code == 404
