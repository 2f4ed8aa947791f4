"""All routes, for all roles in the pool and in a project, about films in and outside of it.

What each role in a project opens stands here once more, so that nothing opens by a slip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from radiograde.service.auth.principal import PERMISSIONS, Permission
from radiograde.service.http.decisions import DECISIONS
from radiograde.service.http.film_guard import NOTHING
from tests.service.http.test_guarded_routes import ENDLESS, NEEDS, OPEN
from tests.service.projects.installation import Installation, everybody, installed

FILM = "/v1/results/{id}"
SEEN = {
    *(f"GET {FILM}{rest}" for rest in ("", "/view", "/pixels", "/preview", "/maps")),
    f"GET {FILM}/thumbnail.jpg",
    *(f"GET {FILM}{rest}" for rest in ("/overlay.png", "/history", "/statement", "/priors")),
    *(f"GET {FILM}/reviews", "GET /v1/worklist/{id}"),
}
LISTS = {"GET /v1/worklist", "GET /v1/results"}
NAMED = {
    *(f"GET {FILM}/{kind}" for kind in ("sr", "seg", "sc", "pr", "doc", "fhir", "report.pdf")),
    *(f"GET {FILM}/reviews/{{review_id}}/sr", f"GET {FILM}/withdrawal"),
    *(f"GET {FILM}/reading", f"GET {FILM}/trace", "GET /v1/jobs/{id}"),
}
NAMED_LISTS = {"GET /v1/jobs"}
JUDGED = {f"POST {FILM}/reviews", f"POST {FILM}/reading"}
SETS = {
    *("GET /v1/reading-sets", "GET /v1/reading-sets/{id}/next"),
    "POST /v1/reading-sets/{id}/readings",
}
RESEARCHER = SEEN | LISTS | {"GET /v1/model", ENDLESS}
STEWARD = RESEARCHER | NAMED | NAMED_LISTS
READER = STEWARD | JUDGED | SETS
ENGINEER = STEWARD | {
    *("POST /v1/jobs/{id}/retry", "POST /v1/jobs/{id}/deliver", f"POST {FILM}/problems"),
}
PROJECT = "/v1/projects/{id}"
ENROLLED = {
    "GET /v1/projects",
    *(f"{method} {PROJECT}/members" for method in ("GET", "POST", "DELETE")),
}
CURATED = {f"{method} {PROJECT}/films" for method in ("POST", "DELETE")}
GOVERNED = {f"POST {PROJECT}/name", f"POST {PROJECT}/close"}
OPENS: Mapping[str, set[str]] = {
    "project reader": READER,
    "project engineer": ENGINEER,
    "project researcher": RESEARCHER,
    "project steward": STEWARD | ENROLLED | CURATED,
    "project administrator": ENROLLED | GOVERNED,
    "key reader": READER,
    "key engineer": ENGINEER,
    "key researcher": RESEARCHER,
    "pool member": set(),
}
"""Routes that people open who have no role in the clinical pool: of films in their project."""

OF_A_FILM = SEEN | NAMED | JUDGED | {route for route in ENGINEER if "{id}" in route}
BODIES = {
    f"POST {FILM}/reviews": {"verdict": "accepted"},
    f"POST {FILM}/reading": {"zones": None},
    f"POST {FILM}/problems": {"description": "Looked at"},
    f"POST {FILM}/withdrawal": {"reason": "Wrong side", "code": "quality"},
    "POST /v1/worklist/{id}/assignment": {"reader": None},
    f"POST {PROJECT}/members": {"user": "project reader", "role": "researcher"},
    f"POST {PROJECT}/name": {"name": "Another"},
    f"POST {PROJECT}/films": {"films": []},
}
MAY_BE_REFUSED = {f"POST {FILM}/reading"}
"""Who is shown scores at once commits no reading: 403, of every film that is there."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("projects")) as installation:
        everybody(installation)
        yield installation


def guarded(client: TestClient) -> Iterator[tuple[str, str]]:
    """Yield method with path, and operation, of every guarded route."""
    app: Any = client.app
    for route in iter_route_contexts(app.routes):
        if str(route.path) not in OPEN:
            for method in sorted(route.methods or {"GET"}):
                yield f"{method} {route.path}", str(getattr(route, "operation_id", None))


def ask(here: Installation, route: str, who: str, film: str) -> Any:
    """Return what somebody is answered about a film."""
    method, path = route.split(" ")
    path = re.sub(r"\{(?!id)[^}]*\}", "x", path).replace("{id}", film)
    headers = here.people[who]
    return here.client.request(method, path, headers=headers, json=BODIES.get(route))


def facts(answer: Any) -> tuple[Any, ...]:
    """Return all of an answer but what differs between any two."""
    passing = ("x-request-id", "date", "server-timing")
    headers = {name: value for name, value in answer.headers.items() if name not in passing}
    return answer.status_code, answer.content, headers


def test_nothing_is_undecided(here: Installation) -> None:
    operations = {operation for _, operation in guarded(here.client)}
    assert operations == set(DECISIONS)


def test_a_film_is_what_each_route_about_one_is_about(here: Installation) -> None:
    of_films = {
        r for r, operation in guarded(here.client) if DECISIONS[operation].subject == "film"
    }
    in_path = {r for r, _ in guarded(here.client) if re.search("(results|jobs|worklist)/{id}", r)}
    assert of_films == in_path
    assert in_path >= OF_A_FILM


@pytest.mark.parametrize("who", OPENS)
def test_a_project_opens_what_its_role_says(here: Installation, who: str) -> None:
    for route, _ in guarded(here.client):
        if route not in OPENS[who]:
            for film in (here.own, here.other, NOTHING):
                answer = ask(here, route, who, film)
                assert answer.status_code == 403, (route, answer.text)
                assert answer.json()["code"] == "not_allowed"


@pytest.mark.parametrize("who", OPENS)
def test_a_film_outside_is_not_there(here: Installation, who: str) -> None:
    for route in sorted(OPENS[who] & OF_A_FILM):
        nothing = facts(ask(here, route, who, NOTHING))
        assert nothing[0] == 404, (route, nothing)
        for film in (here.other, here.pooled):
            assert facts(ask(here, route, who, film)) == nothing, route
        own = ask(here, route, who, here.own)
        assert own.status_code != 403 or route in MAY_BE_REFUSED, route
        if "review_id" not in route:
            assert facts(own) != nothing, route


@pytest.mark.parametrize("who", OPENS)
def test_a_list_has_the_films_of_the_project_alone(here: Installation, who: str) -> None:
    for route in sorted(OPENS[who] - OF_A_FILM - {ENDLESS}):
        answer = ask(here, route, who, NOTHING)
        assert answer.status_code != 403, route
        assert here.other not in answer.text, route
        assert here.pooled not in answer.text, route
        assert (here.own in answer.text) is (route in LISTS | NAMED_LISTS), route


@pytest.mark.parametrize("who", ["project steward", "project administrator"])
def test_another_project_is_not_there(here: Installation, who: str) -> None:
    of_projects = {
        route
        for route, operation in guarded(here.client)
        if DECISIONS[operation].subject == "project"
    }
    assert of_projects == (ENROLLED | CURATED | GOVERNED) - {"GET /v1/projects"}
    for route in sorted(of_projects & OPENS[who]):
        nothing = facts(ask(here, route, who, NOTHING))
        assert facts(ask(here, route, who, here.b)) == nothing, route
        assert nothing[0] in (404, 422)
    for route in sorted(of_projects - OPENS[who]):
        assert ask(here, route, who, here.a).status_code == 403, route
    assert here.a in here.get("/v1/projects", who).text
    assert here.b not in here.get("/v1/projects", who).text


@pytest.mark.parametrize("role", [*PERMISSIONS])
def test_the_pool_is_opened_by_its_roles_as_before(here: Installation, role: Any) -> None:
    who = f"pool {role}"
    needs = {route: permission for permission, some in NEEDS.items() for route in some}
    for route, _ in guarded(here.client):
        permission: Permission | None = needs.get(route)
        if permission is None or permission not in PERMISSIONS[role]:
            assert ask(here, route, who, here.own).status_code == 403, route
        elif route.startswith("GET") and route != ENDLESS:
            answer = ask(here, route, who, here.other)
            assert answer.status_code not in (401, 403), (route, answer.text)
            if route in SEEN | NAMED and "withdrawal" not in route and "review_id" not in route:
                assert answer.status_code == 200, (route, answer.text)
        elif route != ENDLESS:
            assert ask(here, route, who, NOTHING).status_code not in (401, 403) or (
                route in MAY_BE_REFUSED
            )
