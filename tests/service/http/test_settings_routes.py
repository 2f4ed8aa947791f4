"""Administrators change the site file over HTTP: it is in force at once, and its comments stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.service.accounts import access_of, add_user, sign_in, under
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.processes import waited

SITE = 'identifiers = "none"  # by the data protection officer\n'
FOLDER = '[[destination]]\nname = "ward"\ntype = "folder"\npath = "{path}"\nsources = ["http"]\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "radiograde.toml"
    path.parent.mkdir()
    path.write_text(SITE)
    return path


@pytest.fixture
def client(start: Start, site: Path) -> TestClient:
    return start()


def change(client: TestClient, **tables: Any) -> Any:
    version = client.get("/v1/settings").json()["version"]
    return client.post("/v1/settings", json={"version": version, "tables": tables})


def sent(client: TestClient) -> Any:
    headers = {"Content-Type": "application/dicom"}
    return client.post("/v1/score", content=film_bytes(), headers=headers)


def test_a_change_is_in_force_at_once_and_its_comment_stays(client: TestClient, site: Path) -> None:
    assert client.get("/v1/session").json()["identifiers"] == "none"
    answer = change(client, identifiers="full", keep_days=60, reading={"first": True})
    assert answer.json()["changed"] == ["identifiers", "keep_days", "reading"]
    session = client.get("/v1/session").json()
    assert (session["identifiers"], session["reads_first"]) == ("full", True)
    assert 'identifiers = "full"  # by the data protection officer\n' in site.read_text()
    tables = client.get("/v1/settings").json()["tables"]
    assert tables == {"identifiers": "full", "keep_days": 60, "reading": {"first": True}}


def test_the_file_written_by_hand_is_in_force_soon(
    client: TestClient, site: Path, tmp_path: Path
) -> None:
    film = client.post(
        "/v1/score", content=film_bytes(), headers={"Content-Type": "application/dicom"}
    )
    id = film.json()["id"]
    assert client.get(f"/v1/jobs/{id}").json()["destinations"] == []
    site.write_text(SITE + FOLDER.format(path=tmp_path / "ward"))
    assert waited(lambda: client.get(f"/v1/jobs/{id}").json()["destinations"] == ["ward"])


def test_a_new_destination_gets_the_next_film(
    client: TestClient, site: Path, tmp_path: Path
) -> None:
    site.write_text(SITE + FOLDER.format(path=tmp_path / "ward"))
    (ward,) = client.get("/v1/settings").json()["tables"]["destination"]
    assert change(client, destination=[ward | {"send": ["json"]}]).status_code == 200
    film = client.post(
        "/v1/score", content=film_bytes(), headers={"Content-Type": "application/dicom"}
    )
    job = client.get(f"/v1/jobs/{film.json()['id']}").json()
    assert [one["destination"] for one in job["deliveries"]] == ["ward"]


def test_what_does_not_fit_is_said_and_not_written(client: TestClient, site: Path) -> None:
    answer = change(client, keep_days=0)
    assert (answer.status_code, answer.json()["code"]) == (422, "site_change")
    assert "keep_days" in answer.json()["detail"]
    stale = client.post("/v1/settings", json={"version": "old", "tables": {"keep_days": 3}})
    assert (stale.status_code, stale.json()["code"]) == (409, "site_file_moved_on")
    assert site.read_text() == SITE


def test_the_schema_says_what_each_may_be(client: TestClient) -> None:
    schema = client.get("/v1/settings").json()["schema"]
    assert set(schema["properties"]) >= {"keep_days", "rules", "destination", "notify"}
    assert "port" not in schema["properties"]
    assert "FolderDestinationConfig" in schema["$defs"]
    assert "NodeConfig" not in schema["$defs"]


def test_a_destination_is_tried_before_it_is_saved(client: TestClient, site: Path) -> None:
    def trial(**config: Any) -> Any:
        return client.post("/v1/settings/trial", json={"table": "destination", "config": config})

    dead = trial(name="p", type="dicom", aet="P", host="127.0.0.1", port=1).json()["findings"]
    assert "fail" in {one["level"] for one in dead}
    answer = trial(name="p", type="folder", path="/etc")
    assert (answer.status_code, answer.json()["code"]) == (422, "site_change")
    assert "host" in trial(name="p", type="dicom").json()["detail"]
    assert site.read_text() == SITE


def test_only_administrators_see_or_change_it(client: TestClient, site: Path) -> None:
    add_user(client, "chief", "administrator")
    add_user(client, "kim", "reader")
    csrf = sign_in(client, "kim")
    assert client.get("/v1/settings").status_code == 403
    body = {"version": "", "tables": {}}
    assert client.post("/v1/settings", json=body, headers=under(csrf)).status_code == 403
    assert client.get("/v1/users").status_code == 403


def test_users_are_added_given_passwords_and_removed(client: TestClient) -> None:
    account = {"name": "kim", "role": "reader", "password": "a sentence of hers"}
    refused = client.post("/v1/users", json=account)
    assert (refused.status_code, refused.json()["code"]) == (422, "account")
    chief = {**account, "name": "chief", "role": "administrator"}
    assert client.post("/v1/users", json=chief).status_code == 204
    assert client.get("/v1/users").status_code == 401, "from now on one signs in"

    signed_in = client.post("/v1/session", json={k: chief[k] for k in ("name", "password")})
    headers = under(signed_in.json()["csrf"])
    assert client.post("/v1/users", json=account, headers=headers).status_code == 204
    assert client.post("/v1/users", json=account, headers=headers).status_code == 422
    users = client.get("/v1/users").json()["users"]
    assert [(one["name"], one["role"]) for one in users] == [
        ("chief", "administrator"),
        ("kim", "reader"),
    ]
    new = {"name": "kim", "password": "another sentence of hers"}
    assert client.post("/v1/users/password", json=new, headers=headers).status_code == 204
    last = client.delete("/v1/users", params={"name": "chief"}, headers=headers)
    assert last.status_code == 422
    assert client.delete("/v1/users", params={"name": "kim"}, headers=headers).status_code == 204
    assert [one.name for one in access_of(client).users.all()] == ["chief"]
