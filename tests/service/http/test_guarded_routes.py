"""Every route is either for everybody, by name, or asks for a permission."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from radiograde.service.auth.principal import PERMISSIONS, Permission, Role
from tests.service.accounts import access_of, add_user, sign_in, under
from tests.service.conftest import Start

OPEN = {
    *("/", "/assets", "/docs", "/swagger", "/openapi.json", "/healthz", "/readyz", "/v1/session"),
    *("/v1/session/sign-on", "/v1/session/sign-on/callback", "/v1/session/sign-on/end"),
    *("/v1/session/sign-on/front-channel", "/v1/session/sign-on/back-channel"),
}
NEEDS: dict[Permission, set[str]] = {
    "send": {
        "POST /v1/score",
        "POST /v1/reports",
        "POST /dicom-web/studies",
        "POST /dicom-web/studies/{study}",
        "GET /v1/results/{id}",
        "GET /v1/results/{id}/trace",
        "GET /v1/jobs/{id}",
    },
    "read": {
        "GET /v1/results",
        "GET /v1/results/{id}/overlay.png",
        "GET /v1/results/{id}/sr",
        "GET /v1/results/{id}/seg",
        "GET /v1/results/{id}/sc",
        "GET /v1/results/{id}/pr",
        "GET /v1/results/{id}/doc",
        "GET /v1/results/{id}/fhir",
        "GET /v1/results/{id}/report.pdf",
        "GET /v1/results/{id}/view",
        "GET /v1/results/{id}/preview",
        "GET /v1/results/{id}/pixels",
        "GET /v1/results/{id}/maps",
        "GET /v1/results/{id}/thumbnail.jpg",
        "GET /v1/results/{id}/history",
        "GET /v1/results/{id}/statement",
        "GET /v1/results/{id}/reading",
        "GET /v1/results/{id}/priors",
        "POST /v1/results/{id}/priors",
        "GET /v1/results/{id}/reviews",
        "GET /v1/results/{id}/withdrawal",
        "GET /v1/results/{id}/reviews/{review_id}/sr",
        "GET /v1/worklist",
        "GET /v1/worklist/{id}",
        "GET /v1/readers",
        "GET /v1/events",
        "GET /v1/jobs",
        "GET /v1/model",
    },
    "review": {
        "POST /v1/results/{id}/reading",
        "POST /v1/results/{id}/reviews",
        "POST /v1/worklist/{id}/assignment",
        "POST /v1/results/{id}/withdrawal",
        "GET /v1/reading-sets",
        "GET /v1/reading-sets/{id}/next",
        "POST /v1/reading-sets/{id}/readings",
    },
    "deliver": {
        "POST /v1/jobs/{id}/deliver",
        "POST /v1/results/{id}/problems",
        "GET /v1/problems/{id}/file",
    },
    "administer": {
        "GET /v1/problems",
        "GET /v1/problems.csv",
        "POST /v1/problems/{id}",
        "GET /v1/settings",
        "POST /v1/settings",
        "POST /v1/settings/trial",
        "GET /v1/audit",
        "GET /v1/erasures",
        "POST /v1/erasures",
        "GET /v1/audit.csv",
    },
    "operate": {
        "POST /v1/jobs/{id}/retry",
        "GET /metrics",
        "GET /v1/models",
        "POST /v1/models/evidence",
        "POST /v1/models/rollback",
        "POST /v1/models/{digest}/promote",
        "POST /v1/models/{digest}/retire",
        "POST /v1/models/{digest}/shadow",
        "GET /v1/monitor",
        "POST /v1/monitor/stop",
        "POST /v1/monitor/alarms/{alarm_id}/clear",
    },
    "manage": {
        *(f"{method} /v1/users" for method in ("GET", "POST", "DELETE")),
        *("POST /v1/users/password", "POST /v1/users/role"),
        *(f"{method} /v1/keys" for method in ("GET", "POST", "DELETE")),
        *(f"{method} /v1/sessions" for method in ("GET", "DELETE")),
        *(f"{method} /v1/projects" for method in ("GET", "POST")),
        *(f"POST /v1/projects/{{id}}/{what}" for what in ("name", "close")),
        *(f"{method} /v1/projects/{{id}}/members" for method in ("GET", "POST", "DELETE")),
        *(f"{method} /v1/projects/{{id}}/films" for method in ("POST", "DELETE")),
    },
}
"""Every route that is not for everybody, by what it asks: a new one is entered here too."""
ENDLESS = "GET /v1/events"


def routes(client: TestClient) -> Iterator[tuple[str, str]]:
    """Return method and path of every route, mounts as GET."""
    app: Any = client.app
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or {"GET"}):
            yield method, str(route.path)


def ask(client: TestClient, method: str, path: str, **headers: str) -> Any:
    """Call a route with ids that nothing has."""
    return client.request(method, re.sub(r"\{[^}]*\}", "x", path), headers=headers)


def refusals(client: TestClient, role: Role, **headers: str) -> set[str]:
    """Return the guarded routes that the headers do not open."""
    refused = set()
    for method, path in routes(client):
        route = f"{method} {path}"
        may_enter = any(route in NEEDS.get(one, ()) for one in PERMISSIONS[role])
        if path not in OPEN and not (route == ENDLESS and may_enter):
            answer = ask(client, method, path, **headers)
            if answer.status_code in (401, 403):
                assert answer.json()["code"] == "not_allowed"
                refused.add(route)
    return refused


def forbidden(client: TestClient, role: Role) -> set[str]:
    """Return the routes that are there and ask for what the role lacks."""
    there = {f"{method} {path}" for method, path in routes(client)}
    lacking = {one for need in NEEDS.keys() - PERMISSIONS[role] for one in NEEDS[need]}
    return there & lacking


@pytest.fixture
def guarded(start: Start) -> TestClient:
    """Return the client of a service where somebody may sign in, and nobody has."""
    client = start()
    for role in get_args(Role):
        if role != "sender":
            add_user(client, role, role)
    return client


def test_a_stranger_reaches_the_open_routes_alone(guarded: TestClient) -> None:
    found = set(routes(guarded))
    assert len(found) > 20
    for method, path in found:
        answer = ask(guarded, method, path)
        if path in OPEN:
            assert answer.status_code not in (401, 403), (method, path)
        else:
            assert answer.status_code == 401, (method, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.json()["code"] == "sign_in_needed"


def test_every_route_says_what_it_asks(guarded: TestClient) -> None:
    found = set(routes(guarded))
    assert {path for _, path in found} >= OPEN
    listed = set().union(*NEEDS.values())
    assert {f"{method} {path}" for method, path in found if path not in OPEN} - listed == set()


@pytest.mark.parametrize("role", ["sender", "reader", "engineer"])
def test_a_key_opens_what_its_role_may_and_nothing_else(guarded: TestClient, role: Any) -> None:
    key = access_of(guarded).keys.add("machine", role)
    refused = refusals(guarded, role, Authorization=f"Bearer {key}")
    assert refused == forbidden(guarded, role)
    assert ("POST /v1/jobs/{id}/retry" in refused) is (role != "engineer")
    assert ("GET /v1/results" in refused) is (role == "sender")


@pytest.mark.parametrize("role", [role for role in get_args(Role) if role != "sender"])
def test_a_person_may_do_what_the_role_says(guarded: TestClient, role: Role) -> None:
    csrf = sign_in(guarded, role)
    assert refusals(guarded, role, **under(csrf)) == forbidden(guarded, role)


def test_every_guarded_operation_describes_its_refusals(guarded: TestClient) -> None:
    document = guarded.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path not in OPEN:
                assert {"401", "403"} <= set(operation["responses"]), path
                assert operation["security"] == [{"API key": []}]
