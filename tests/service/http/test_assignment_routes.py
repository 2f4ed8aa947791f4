"""Films are given to readers: taken, handed over, released, and released with their reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.service.accounts import access_of, add_user, sign_in, under
from tests.service.documents.graded_films import film_bytes


@dataclass(frozen=True)
class Caller:
    """Somebody signed in, by turns at the same client."""

    client: TestClient
    name: str

    def ask(self, method: str, path: str, **facts: Any) -> Any:
        headers = under(sign_in(self.client, self.name))
        return self.client.request(method, path, headers=headers, **facts)

    def assign(self, film: str, reader: str | None) -> Any:
        return self.ask("POST", f"/v1/worklist/{film}/assignment", json={"reader": reader})

    def listed(self, **query: str) -> list[str]:
        films = self.ask("GET", "/v1/worklist", params=query).json()["films"]
        return [film["id"] for film in films]


@pytest.fixture
def films(client: TestClient) -> list[str]:
    ids = []
    for number in (1, 2):
        content = film_bytes(SOPInstanceUID=f"1.2.{number}", StudyInstanceUID=f"1.3.{number}")
        sent = client.post(
            "/v1/score", content=content, headers={"Content-Type": "application/dicom"}
        )
        ids.append(sent.json()["id"])
    for name, role in (("chief", "administrator"), ("kim", "reader"), ("lee", "reader")):
        add_user(client, name, role)  # type: ignore[arg-type]  # a role, as the table says
    add_user(client, "ito", "engineer")
    return ids


@pytest.fixture
def kim(client: TestClient) -> Caller:
    return Caller(client, "kim")


@pytest.fixture
def lee(client: TestClient) -> Caller:
    return Caller(client, "lee")


@pytest.fixture
def chief(client: TestClient) -> Caller:
    return Caller(client, "chief")


def test_a_reader_takes_a_film_and_finds_it_in_the_list(
    films: list[str], kim: Caller, lee: Caller
) -> None:
    first, second = films
    assert kim.assign(first, "kim").status_code == 204
    assert kim.listed(assigned="me") == [first]
    assert lee.listed(assigned="me") == []
    assert lee.listed(assigned="nobody") == [second]
    assert lee.listed() == [second, first]
    row = lee.ask("GET", f"/v1/worklist/{first}").json()
    assert row["assigned"] == "kim"
    assert "assigned" not in lee.ask("GET", f"/v1/worklist/{second}").json()


def test_another_readers_film_is_left_to_its_reader_and_administrators(
    films: list[str], kim: Caller, lee: Caller, chief: Caller
) -> None:
    film = films[0]
    kim.assign(film, "kim")
    for wanted in ("lee", None):
        refused = lee.assign(film, wanted)
        assert (refused.status_code, refused.json()["code"]) == (409, "assigned")
        assert "kim" in refused.json()["detail"]
    assert kim.assign(film, "lee").status_code == 204, "handed over"
    assert lee.listed(assigned="me") == [film]
    assert chief.assign(film, "kim").status_code == 204
    assert kim.assign(film, None).status_code == 204, "released"
    assert lee.assign(film, "lee").status_code == 204


def test_only_who_may_review_is_given_films(films: list[str], kim: Caller) -> None:
    for name in ("ito", "nobody", ""):
        refused = kim.assign(films[0], name)
        assert (refused.status_code, refused.json()["code"]) == (422, "account")
    assert kim.ask("GET", "/v1/readers").json()["readers"] == ["kim", "chief", "lee"]
    engineer = Caller(kim.client, "ito")
    assert engineer.assign(films[0], "kim").status_code == 403
    assert kim.assign("01ARZ3NDEKTSV4RRFFQ69G5FAV", "kim").status_code == 404


def test_a_user_who_goes_leaves_films_to_nobody(films: list[str], kim: Caller, lee: Caller) -> None:
    first, second = films
    kim.assign(first, "kim")
    lee.assign(second, "lee")
    access_of(kim.client).users.remove("kim")
    assert lee.listed(assigned="nobody") == [first]
    assert lee.listed(assigned="me") == [second]
    add_user(kim.client, "kim", "reader")
    assert kim.listed(assigned="me") == [], "another of the name does not get them"


def test_without_sign_in_whoever_sits_here_may_take_films(client: TestClient) -> None:
    headers = {"Content-Type": "application/dicom"}
    film = client.post("/v1/score", content=film_bytes(), headers=headers).json()["id"]
    answer = client.post(f"/v1/worklist/{film}/assignment", json={"reader": "local"})
    assert answer.status_code == 204
    listed = client.get("/v1/worklist", params={"assigned": "me"}).json()["films"]
    assert [one["id"] for one in listed] == [film]
    assert client.get("/v1/worklist", params={"assigned": "nobody"}).json()["films"] == []


def test_a_change_of_the_reader_is_told_to_open_pages(films: list[str], kim: Caller) -> None:
    from radiograde.service.worklist.change_log import ChangeLog

    log = ChangeLog(access_of(kim.client).database)
    kim.assign(films[0], "kim")
    assert films[0] in {change.id for change in log.poll()}
    kim.assign(films[0], None)
    assert films[0] in {change.id for change in log.poll()}
