"""``/v1/results/{id}/priors``."""

from __future__ import annotations

from pathlib import Path

from radiograde.service.config.archives import PriorsConfig
from radiograde.service.config.site import DicomDestinationConfig
from tests.service.accounts import add_user, sign_in, under
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import png
from tests.service.http.test_scoring import assert_problem, send

PACS = DicomDestinationConfig(type="dicom", name="pacs", aet="PACS", host="localhost", port=104)
OFF = {"state": "off", "films": 0, "error": None, "message": None}
WAITING = OFF | {"state": "waiting"}


def test_nothing_is_asked_where_the_site_file_names_no_pacs(start: Start) -> None:
    client = start()
    id = send(client, film_bytes(), "application/dicom").json()["id"]
    for answer in (client.get, client.post):
        assert answer(f"/v1/results/{id}/priors").json() == OFF


def test_they_are_asked_for_when_a_film_is_opened(start: Start) -> None:
    client = start(destination=(PACS,), priors=PriorsConfig(pacs=("pacs",), when="opened"))
    id = send(client, film_bytes(), "application/dicom").json()["id"]
    path = f"/v1/results/{id}/priors"
    assert client.get(path).json() == OFF
    assert client.post(path).json() == WAITING
    assert client.post(path).json() == WAITING
    assert client.get(path).json() == WAITING
    row = client.get(f"/v1/worklist/{id}").json()
    assert (row["door"], row["prior"]) == ("http", False)
    assert [one["prior"] for one in client.get(f"/v1/results/{id}/history").json()["films"]] == [
        False
    ]


def test_who_grades_a_film_first_has_them_asked_for_too(start: Start) -> None:
    priors = PriorsConfig(pacs=("pacs",), when="opened")
    client = start(destination=(PACS,), priors=priors, reading={"readers": ["lee"]})
    id = send(client, film_bytes(), "application/dicom").json()["id"]
    add_user(client, "lee", "administrator")
    headers = under(sign_in(client, "lee"))
    for answer in (client.post, client.get):
        assert answer(f"/v1/results/{id}/priors", headers=headers).json() == WAITING


def test_a_film_that_is_scored_has_them_asked_for(start: Start) -> None:
    client = start(destination=(PACS,), priors=PriorsConfig(pacs=("pacs",)))
    id = send(client, film_bytes(), "application/dicom").json()["id"]
    assert client.get(f"/v1/results/{id}/priors").json() == WAITING


def test_a_picture_names_nobody(start: Start) -> None:
    client = start(destination=(PACS,), priors=PriorsConfig(pacs=("pacs",)))
    id = send(client, png()).json()["id"]
    assert client.post(f"/v1/results/{id}/priors").json() == OFF


def test_there_has_to_be_a_film(start: Start, tmp_path: Path) -> None:
    client = start()
    for answer in (client.get, client.post):
        path = "/v1/results/01JARADMZ00000000000000000/priors"
        assert_problem(answer(path), 404, "not_found")
