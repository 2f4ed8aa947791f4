"""Whom the PDF report names, to whom."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.service.accounts import access_of, add_user, sign_in
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.documents.pdf.pdf_reader import lines
from tests.service.fakes import png
from tests.service.worklist.stock import records_of

NAME, ID, ACCESSION, BORN = "김 민준", "P-1", "ACC-7", "1960-01-02"


def sent(client: TestClient, content: bytes | None = None) -> str:
    headers = {"Content-Type": "application/dicom" if content is None else "image/png"}
    body = film_bytes() if content is None else content
    id: str = client.post("/v1/score", content=body, headers=headers).json()["id"]
    return id


def report(client: TestClient, id: str, **headers: str) -> list[str]:
    answer = client.get(f"/v1/results/{id}/report.pdf", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/pdf"
    return lines(answer.content)


@pytest.mark.parametrize(
    ("identifiers", "named", "hidden"),
    [
        ("none", [], [NAME, ID, ACCESSION, BORN]),
        ("id", [ID, ACCESSION], [NAME, BORN]),
        ("full", [NAME, ID, ACCESSION, BORN], []),
    ],
)
def test_people_get_what_the_page_may_show(
    start: Start, identifiers: str, named: list[str], hidden: list[str]
) -> None:
    client = start(identifiers=identifiers)
    id = sent(client)
    label = client.get(f"/v1/worklist/{id}").json()["patient"]["label"]
    text = report(client, id)
    assert text == report(client, id), "kept, it is the same"
    for fact in named:
        assert fact in text
    for fact in hidden:
        assert not any(fact in line for line in text)
    assert (f"Patient {label}" in text) is bool(hidden)
    assert "2026-03-04" in text, "the day of the study names nobody"


def test_what_is_delivered_names_the_patient_whatever_people_may_see(start: Start) -> None:
    client = start(identifiers="none")
    id = sent(client)
    hidden = report(client, id)
    delivered = records_of(client).document_store.document(id, "pdf")
    assert delivered.name == "report.pdf"
    assert {NAME, ID, ACCESSION, BORN} <= set(lines(delivered.content))
    assert report(client, id) == hidden
    again = records_of(client).document_store.document(id, "pdf")
    assert again == delivered, "neither takes the place of the other"


def test_a_machine_with_a_key_gets_what_is_delivered(start: Start) -> None:
    client = start(identifiers="none")
    id = sent(client)
    add_user(client, "kim", "administrator")
    key = access_of(client).keys.add("ehr", "reader")
    assert NAME in report(client, id, Authorization=f"Bearer {key}")


def test_a_reader_who_signed_in_gets_what_the_page_may_show(start: Start) -> None:
    client = start(identifiers="none")
    id = sent(client)
    add_user(client, "lee", "reader")
    sign_in(client, "lee")
    assert NAME not in report(client, id)


def test_what_the_film_shows_is_said_in_the_language_that_is_asked_for(start: Start) -> None:
    client = start(identifiers="none")
    id = sent(client)
    said = client.get(f"/v1/results/{id}/statement").json()["statements"]
    assert [one["language"] for one in said] == ["en", "ko", "de", "es", "ja"]
    for one in said:
        url = f"/v1/results/{id}/report.pdf?language={one['language']}"
        text = lines(client.get(url).content)
        assert one["label"] in text
        assert text[text.index(one["label"]) + 1][:8] == one["text"][:8]
    assert client.get(f"/v1/results/{id}/report.pdf?language=xx").status_code == 422


def test_of_a_withdrawn_result_nothing_is_said(client: TestClient) -> None:
    id = sent(client)
    path = f"/v1/results/{id}/withdrawal"
    assert client.post(path, json={"reason": "Wrong patient."}).status_code == 201
    assert client.get(f"/v1/results/{id}/statement").json() == {"statements": []}


def test_reviews_are_in_the_report_at_once(start: Start) -> None:
    client = start(identifiers="none")
    id = sent(client)
    report(client, id)
    review = {"verdict": "accepted", "comment": "Seen by two."}
    assert client.post(f"/v1/results/{id}/reviews", json=review).status_code == 201
    assert any("Seen by two." in line for line in report(client, id))


def test_a_picture_names_nobody(start: Start) -> None:
    client = start(identifiers="none")
    text = report(client, sent(client, png()))
    assert text[text.index("Patient") + 1] == "-"
