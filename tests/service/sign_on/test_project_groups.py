"""Groups of a proxy or provider give roles in projects, and take them away."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError

from radiograde.service.config.sign_in_elsewhere import GroupConfig, ProxySignInConfig
from radiograde.service.projects.project_repository import ProjectRepository
from tests.service.conftest import Start
from tests.service.http.test_scoring import assert_problem
from tests.service.worklist.stock import records_of

GROUPS = (
    GroupConfig(name="study-a", role="researcher", project="A"),
    GroupConfig(name="study-a-data", role="steward", project="A"),
    GroupConfig(name="study-b", role="reader", project="B"),
    GroupConfig(name="study-c", role="reader", project="C"),
    GroupConfig(name="radiology", role="reader"),
)


def session(client: TestClient, groups: str) -> Any:
    client.cookies.clear()
    headers = {"X-Remote-User": "kim", "X-Remote-Groups": groups}
    return client.get("/v1/session", headers=headers)


def test_groups_give_roles_in_projects_and_take_them(start: Start) -> None:
    config = ProxySignInConfig(allow_from=(ip_network("127.0.0.1"),))
    client = start(proxy_sign_in=config, groups=GROUPS)
    projects = ProjectRepository(records_of(client).database)
    a, b = projects.add("A", "root"), projects.add("B", "root")

    def kim(groups: str) -> tuple[str, dict[str, str]]:
        user = session(client, groups).json()["user"]
        return user["role"], {one["name"]: one["role"] for one in user["projects"]}

    assert kim("study-a, study-a-data, study-c") == ("member", {"A": "researcher"})
    assert [one.by_group for one in projects.members(a)] == [True]
    assert kim("study-b, radiology") == ("reader", {"B": "reader"})
    projects.enrol(a, "kim", "engineer")
    assert kim("radiology") == ("reader", {"A": "engineer"})
    assert kim("study-a, study-b") == ("member", {"A": "researcher", "B": "reader"})
    assert_problem(session(client, "gardeners"), 401, "sign_on_failed")
    assert projects.members(a) == projects.members(b) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "steward"},
        {"role": "manager", "project": "A"},
        {"role": "reader", "project": ""},
        {"role": "nobody"},
    ],
)
def test_a_role_that_is_not_given_there_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        GroupConfig(name="study", **wrong)
