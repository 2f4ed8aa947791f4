"""The models of the site over HTTP: who may do what, and what is answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from radiograde.service.grading.site_models import model_release
from radiograde.service.http.programme_schemas import AlarmOfModel, ModelsOfSite, MonitorState
from radiograde.service.http.runtime import Runtime
from radiograde.service.programme.release import ModelRelease
from tests.service.accounts import add_user, sign_in, under
from tests.service.conftest import Start
from tests.service.fakes import png
from tests.service.programme.site_models import NamedScorer, acceptance


@pytest.fixture(autouse=True)
def quick_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a model file be its name."""

    def load(_: object, threads: int | None = None, path: Path | None = None) -> NamedScorer:
        assert path is not None
        return NamedScorer(path.read_bytes())

    monkeypatch.setattr("radiograde.service.grading.site_models.load_scorer", load)


def release_of(client: TestClient) -> ModelRelease:
    runtime: Runtime = client.app.state.runtime  # type: ignore[attr-defined]  # typed as callable
    return model_release(runtime.settings, runtime.records.database)


def added(client: TestClient, folder: Path, name: str, by: str = "kim") -> str:
    path = folder / f"{name}.onnx"
    path.write_bytes(name.encode())
    return release_of(client).add(path, by).sha256


def test_a_model_goes_into_production_and_back(client: TestClient, tmp_path: Path) -> None:
    sha256 = added(client, tmp_path, "one")
    path = f"/v1/models/{sha256[:8]}"
    early = client.post(f"{path}/promote")
    assert (early.status_code, early.json()["code"]) == (409, "model_release")
    filed = client.post("/v1/models/evidence", content=acceptance(sha256), headers=JSON)
    assert filed.status_code == 200, filed.text
    assert client.post(f"{path}/promote").json()["state"] == "production"
    listed = client.get("/v1/models").json()
    ModelsOfSite.model_validate(listed)
    (model,) = listed["models"]
    assert [event["action"] for event in model["events"]] == ["promoted", "tested", "added"]
    assert client.post(f"{path}/retire").status_code == 409
    assert client.post("/v1/models/rollback").json()["state"] == "retired"
    assert client.post("/v1/models/rollback").status_code == 409


JSON = {"Content-Type": "application/json"}


def test_a_record_is_kept_byte_by_byte(client: TestClient, tmp_path: Path) -> None:
    """Its digest stands in the list: what is filed must be what was signed."""
    sha256 = added(client, tmp_path, "one")
    content = json.dumps(json.loads(acceptance(sha256)), indent=7).encode()
    answer = client.post("/v1/models/evidence", content=content, headers=JSON).json()
    digest = answer["events"][0]["evidence"]
    assert (release_of(client).files.folder / f"{digest}.json").read_bytes() == content
    assert client.post("/v1/models/evidence", json={"format": "x"}).status_code == 422
    unknown = client.post("/v1/models/evidence", content=acceptance("e" * 64), headers=JSON)
    assert unknown.status_code == 409


def test_where_there_are_users_a_second_one_promotes(start: Start, tmp_path: Path) -> None:
    client = start()
    add_user(client, "kim", "engineer")
    add_user(client, "lee", "administrator")
    sha256 = added(client, tmp_path, "one")
    kim = under(sign_in(client, "kim"))
    filed = client.post("/v1/models/evidence", content=acceptance(sha256), headers=JSON | kim)
    assert filed.status_code == 200
    refused = client.post(f"/v1/models/{sha256}/promote", headers=kim)
    assert (refused.status_code, refused.json()["code"]) == (409, "model_release")
    lee = under(sign_in(client, "lee"))
    assert client.post(f"/v1/models/{sha256}/promote", headers=lee).json()["state"] == "production"


def test_a_candidate_goes_into_shadow_and_its_figures_are_shown(
    client: TestClient, tmp_path: Path
) -> None:
    sha256 = added(client, tmp_path, "one")
    answer = client.post(f"/v1/models/{sha256}/shadow", json={"share": 0.25}).json()
    assert (answer["state"], answer["shadow_share"]) == ("shadow", 0.25)
    assert client.get("/v1/models").json()["shadow"]["films"] == 0
    assert client.post(f"/v1/models/{sha256}/shadow", json={"share": 2}).status_code == 422


def test_a_stopped_model_answers_503_and_the_page_says_which_films_wait(
    client: TestClient,
) -> None:
    stop = client.post("/v1/monitor/stop", json={"reason": "It looks wrong"})
    assert stop.status_code == 201
    AlarmOfModel.model_validate(stop.json())
    assert client.post("/v1/monitor/stop", json={"reason": "x"}).status_code == 409
    refused = client.post("/v1/score", content=png(), headers={"Content-Type": "image/png"})
    assert (refused.status_code, refused.json()["code"]) == (503, "model_stopped")
    (row,) = client.get("/v1/worklist").json()["films"]
    assert (row["status"], row["reasons"][0]["code"]) == ("waiting", "model_stopped")
    assert row["reasons"][0]["message"] == "Not graded: model stopped."
    state: dict[str, Any] = client.get("/v1/monitor").json()
    MonitorState.model_validate(state)
    assert (state["stopped"], state["held"]) == (True, 1)
    alarm = state["alarms"][0]["id"]
    cleared = client.post(f"/v1/monitor/alarms/{alarm}/clear", json={})
    assert cleared.json()["cleared_by"] == "local"
    assert client.post(f"/v1/monitor/alarms/{alarm}/clear", json={}).status_code == 404
    again = client.post("/v1/score", content=png(), headers={"Content-Type": "image/png"})
    assert again.status_code == 200
    assert again.json()["id"] == row["id"]
