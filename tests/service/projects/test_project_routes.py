"""Projects are made, named, closed and filled over HTTP, by whoever may, and it is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from radiograde.service.audit.audit_query import AuditFilter, page
from radiograde.service.audit.audit_store import opened_audit
from radiograde.service.auth.principal import Principal
from tests.service.accounts import access_of
from tests.service.projects.installation import Installation, installed
from tests.service.worklist.stock import Stock, records_of


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path / "data") as installation:
        yield installation


def call(here: Installation, who: str, method: str, path: str, **more: Any) -> Any:
    return here.client.request(method, f"/v1/projects{path}", headers=here.people[who], **more)


def members(here: Installation, who: str = "root") -> dict[str, str]:
    listed = call(here, who, "GET", f"/{here.a}/members").json()["members"]
    return {one["user"]: one["role"] for one in listed}


def test_an_administrator_makes_names_and_closes_a_project(here: Installation) -> None:
    made = call(here, "root", "POST", "", json={"name": " Spring "})
    assert made.status_code == 201
    project = made.json()
    assert (project["name"], project["films"], project["closed"]) == ("Spring", 0, None)
    assert project["created_by"] == "root"
    path = f"/{project['id']}"
    assert call(here, "root", "POST", f"{path}/name", json={"name": "Summer"}).status_code == 204
    assert call(here, "root", "POST", f"{path}/close").status_code == 204
    listed = call(here, "root", "GET", "").json()["projects"]
    assert [one["name"] for one in listed] == ["A", "B", "Summer"]
    assert listed[2]["closed"] is not None
    assert [one["films"] for one in listed] == [1, 1, 0]
    again = call(here, "root", "POST", f"{path}/close")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


def test_two_projects_have_two_names(here: Installation) -> None:
    assert call(here, "root", "POST", "", json={"name": "A"}).status_code == 422
    assert call(here, "root", "POST", f"/{here.a}/name", json={"name": "B"}).status_code == 422
    assert call(here, "root", "POST", "", json={"name": " "}).status_code == 422


def test_a_manager_manages_members_and_sees_no_film(here: Installation) -> None:
    here.person("max", "manager")
    here.person("kim")
    body = {"user": "kim", "role": "reader"}
    assert call(here, "max", "POST", f"/{here.a}/members", json=body).status_code == 204
    assert members(here, "max") == {"kim": "reader"}
    films = call(here, "max", "POST", f"/{here.a}/films", json={"films": [here.pooled]})
    assert films.json() == {"films": 0, "more": False}
    assert call(here, "max", "DELETE", f"/{here.a}/members?user=kim").status_code == 204
    assert call(here, "max", "DELETE", f"/{here.a}/members?user=kim").status_code == 422
    assert members(here) == {}


@pytest.mark.parametrize("role", ["reader", "engineer", "researcher", "steward"])
def test_a_steward_manages_all_but_administrators(here: Installation, role: str) -> None:
    here.person("stu", a="steward")
    here.person("ada", a="administrator")
    here.person("kim")
    path = f"/{here.a}/members"
    for user, new, status in (
        ("kim", role, 204),
        ("kim", "administrator", 403),
        ("ada", role, 403),
        (" ada", role, 403),
        ("nobody", role, 422),
    ):
        answer = call(here, "stu", "POST", path, json={"user": user, "role": new})
        assert answer.status_code == status, user
    assert call(here, "stu", "DELETE", f"{path}?user=ada").status_code == 403
    assert members(here) == {"ada": "administrator", "kim": role, "stu": "steward"}
    assert call(here, "ada", "DELETE", f"{path}?user=stu").status_code == 204
    body = {"user": "kim", "role": "administrator"}
    assert call(here, "ada", "POST", path, json=body).status_code == 204


def test_a_steward_puts_in_what_is_in_the_steward_s_projects(here: Installation) -> None:
    here.person("stu", a="steward", b="steward")
    here.person("lee", a="steward", b="reader")
    here.person("ray", "reader", a="steward")
    path, body = f"/{here.a}/films", {"films": [here.other, here.pooled, here.own]}
    assert call(here, "lee", "POST", path, json=body).json()["films"] == 0
    assert call(here, "stu", "POST", path, json=body).json()["films"] == 1
    assert call(here, "ray", "POST", path, json=body).json()["films"] == 1
    assert here.projects.get(here.a).films == 3
    gone = call(here, "stu", "DELETE", f"{path}?film={here.own}&film={here.pooled}")
    assert gone.json() == {"films": 2, "more": False}
    assert here.get(f"/v1/worklist/{here.own}", "stu").status_code == 404


def test_films_come_by_a_filter(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    stock = Stock(records_of(here.client))
    severe = [stock.scored(16.0, "severe") for _ in range(3)]
    monkeypatch.setattr("radiograde.service.http.routes.project_routes.MOST_FILMS", 2)
    wanted = {"filter": {"severity": ["severe"], "since": "2026-01-01", "status": ["scored"]}}
    path = f"/{here.a}/films"
    assert call(here, "root", "POST", path, json=wanted).json() == {"films": 2, "more": True}
    assert call(here, "root", "POST", path, json=wanted).json() == {"films": 1, "more": False}
    here.person("kim", a="reader")
    listed = here.get("/v1/worklist?severity=severe", "kim").json()["films"]
    assert {one["id"] for one in listed} == set(severe)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"films": ["x"]},
        {"films": [], "filter": {}},
        {"filter": {"since": "yesterday"}},
        {"filter": {"since": 20260101}},
        {"filter": {"reviewed": "yes"}},
        {"films": ["0" * 26] * 1001},
    ],
)
def test_a_choice_that_is_none_is_refused(here: Installation, body: dict[str, Any]) -> None:
    assert call(here, "root", "POST", f"/{here.a}/films", json=body).status_code == 422


def test_every_change_leaves_its_event(here: Installation) -> None:
    here.person("kim", a="reader")
    made = call(here, "root", "POST", "", json={"name": "C"}).json()["id"]
    call(here, "root", "POST", f"/{here.a}/films", json={"films": [here.pooled, here.other]})
    call(here, "root", "DELETE", f"/{here.a}/films?film={here.other}")
    call(here, "root", "POST", f"/{made}/members", json={"user": "kim", "role": "reader"})
    call(here, "kim", "POST", f"/{here.a}/close")
    records_of(here.client).audit.flush()
    settings = here.client.app.state.runtime.settings  # type: ignore[attr-defined]
    with opened_audit(settings) as store:
        rows = page(store, AuditFilter(actor="root"), 100)
        (refused,) = page(store, AuditFilter(actor="kim"), 100)
    told = [(row.action, row.film_id, row.detail.get("project")) for row in reversed(rows)]
    assert told[-5:] == [
        ("project_add", None, None),
        ("film_include", here.other, here.a),
        ("film_include", here.pooled, here.a),
        ("film_exclude", here.other, here.a),
        ("member_add", None, made),
    ]
    assert (refused.action, refused.outcome, refused.detail["project"]) == (
        *("project_close", "refused"),
        here.a,
    )


def test_the_session_says_what_is_open(here: Installation) -> None:
    here.person("kim", a="reader", b="researcher")
    here.person("res", a="researcher")
    user = here.get("/v1/session", "kim").json()["user"]
    assert (user["role"], user["pool"]) == ("member", False)
    assert user["permissions"] == ["read", "review"]
    assert [(one["name"], one["role"]) for one in user["projects"]] == [
        ("A", "reader"),
        ("B", "researcher"),
    ]
    root = here.get("/v1/session", "root").json()["user"]
    assert (root["pool"], root["projects"]) == (True, [])


def test_signing_in_says_it_at_once(here: Installation) -> None:
    here.person("kim", a="reader")
    _, session = access_of(here.client).sessions.open(Principal("kim", "member"))
    assert [one.project for one in session.principal.memberships] == [here.a]


def test_a_key_of_a_project_is_made_and_listed(here: Installation) -> None:
    body = {"name": "notebook", "role": "researcher", "project": here.a}
    headers = here.people["root"]
    made = here.client.post("/v1/keys", json=body, headers=headers)
    assert made.status_code == 201
    listed = here.get("/v1/keys", "root").json()["keys"]
    assert [(one["name"], one["project"]) for one in listed] == [("notebook", here.a)]
    for wrong in ({"project": "0" * 26}, {"project": None}, {"role": "sender"}):
        answer = here.client.post("/v1/keys", json={**body, **wrong, "name": "x"}, headers=headers)
        assert answer.status_code == 422
