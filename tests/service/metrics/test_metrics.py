"""Metrics as a Prometheus parser reads them; nothing of a patient, nothing that somebody sent."""

from __future__ import annotations

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import promql_parser
import pytest
import yaml
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from radiograde.service.audit import audit_log
from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import SERVICE, AuditEvent
from radiograde.service.config.observe_config import ObserveConfig
from radiograde.service.config.settings import Settings
from radiograde.service.grading import faults
from radiograde.service.grading.records import Records, open_records
from radiograde.service.measures import BOUNDS, Measures
from radiograde.service.metrics import collector
from radiograde.service.metrics.health_server import health_server
from tests.service.accounts import access_of, add_user
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer, png

ROOT = Path(__file__).resolve().parents[3]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/radiograde.rules.yml").read_text())
DASHBOARD = json.loads((ROOT / "deploy/grafana/radiograde.json").read_text())
ON = ObserveConfig(metrics=True)


def scraped(text: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    return {
        sample.name: [(one.labels, one.value) for one in family.samples if one.name == sample.name]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_are_off_unless_the_site_file_says_so(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 404


def test_a_scrape_says_what_was_graded_refused_and_answered(start: Start) -> None:
    client = start(FakeScorer(rejects=True), observe=ON)
    client.post("/v1/score", content=png())
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = scraped(answer.text)
    assert ({"state": "graded"}, 1.0) in found["radiograde_films"]
    assert any(
        labels["reason"] == "lateral_view" for labels, _ in found["radiograde_refused_total"]
    )
    routes = {labels["route"] for labels, _ in found["radiograde_requests_total"]}
    assert "/v1/score" in routes
    assert found["radiograde_request_seconds_count"]
    assert {labels["stage"] for labels, _ in found["radiograde_grading_seconds_count"]} >= {"total"}
    assert found["radiograde_disk_free_bytes"][0][1] > 0
    assert found["radiograde_inodes_free"][0][1] >= 0
    assert found["radiograde_queue_age_seconds"] == [({}, 0.0)]


def test_only_who_may_operate_scrapes(start: Start) -> None:
    client = start(observe=ON)
    add_user(client)
    keys = access_of(client).keys
    for role, status in (("reader", 403), ("engineer", 200)):
        key = keys.add(role, role)  # type: ignore[arg-type]  # both are roles
        assert (
            client.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == status
        )
    assert client.get("/metrics").status_code == 401


SECRET = "Quillfeather"  # noqa: S105 - a name, to be looked for


@given(st.text(max_size=30), st.sampled_from(["GET", "POST", "DELETE", "BREW"]))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_patient_and_no_free_text_gets_into_a_label(
    busy: TestClient, text: str, method: str
) -> None:
    busy.request(method, "/v1/results/" + urllib.parse.quote(SECRET + text, safe=""))
    busy.request(method, "/v1/worklist", params={"search": SECRET + text})
    page = busy.get("/metrics").text
    assert SECRET not in page
    for samples in scraped(page).values():
        for labels, _ in samples:
            for value in labels.values():
                assert re.fullmatch(r"[\w./{}:+\-]*", value), value


@pytest.fixture
def busy(start: Start) -> TestClient:
    client = start(observe=ON)
    client.post("/v1/score", content=film_bytes(PatientName=SECRET, PatientID=SECRET))
    return client


def test_durations_are_counted_up_to_each_bound() -> None:
    measures = Measures()
    for seconds in (0.001, BOUNDS[0], 0.02, 99.0):
        measures.time("x", seconds, "a")
    found = measures.durations("x")["a",]
    assert found.buckets[0] == 2
    assert found.buckets[-1] == 1
    assert sum(found.buckets) == 4
    assert found.total_s == pytest.approx(0.001 + BOUNDS[0] + 0.02 + 99.0)


def metric_names(expression: str) -> set[str]:
    promql_parser.parse(expression)  # raises where Prometheus would not read it
    return set(re.findall(r"radiograde_\w+", expression))


EXPRESSIONS = [rule["expr"] for group in RULES["groups"] for rule in group["rules"]] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_rules_and_panels_ask_for_metrics_that_there_are(busy: TestClient, expression: str) -> None:
    there = set(scraped(busy.get("/metrics").text)) | {
        *("radiograde_fault", "radiograde_deliveries", "radiograde_refused_total"),
    }
    assert metric_names(expression) <= there


def test_every_rule_says_how_bad_it_is_and_what() -> None:
    for group in RULES["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("warning", "critical")
            assert rule["annotations"]["summary"]


def test_a_disk_without_inodes_is_a_fault(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "LEAST_INODES", 2**62)
    data_dir = Path(str(records.database.engine.url.database)).parent
    found = faults.standing_faults(records, Settings(data_dir=data_dir))
    assert "inodes_low" in {one.code for one in found}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Settings]:
    made = Settings(data_dir=tmp_path / "data", observe=ON)
    with closing(open_records(made)):
        yield made


def asked(port: int | None, path: str, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, ""


def test_other_services_say_how_they_are(place: Settings) -> None:
    with health_server(place, "127.0.0.1:0") as port:
        assert asked(port, "/healthz")[0] == 200
        status, body = asked(port, "/readyz")
        assert (status, json.loads(body)["status"]) == (200, "ready")
        assert "radiograde_workers 0.0" in asked(port, "/metrics")[1]
        assert asked(port, "/v1/results")[0] == 404


def test_metrics_of_other_services_leave_this_computer_with_a_secret_alone(
    place: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with health_server(place, "0.0.0.0:0") as port:
        assert asked(port, "/metrics")[0] == 404
        assert asked(port, "/healthz")[0] == 200
    monkeypatch.setenv("SCRAPE", "a secret")
    guarded = place.model_copy(update={"observe": ObserveConfig(metrics=True, token_env="SCRAPE")})  # noqa: S106 - a name
    with health_server(guarded, "0.0.0.0:0") as port:
        assert asked(port, "/metrics", "wrong")[0] == 401
        assert asked(port, "/metrics", "a secret")[0] == 200


def test_an_address_that_is_taken_stops_nothing(place: Settings) -> None:
    with (
        health_server(place, "127.0.0.1:0") as port,
        health_server(place, f"127.0.0.1:{port}") as no,
    ):
        assert no is None
    with health_server(place, None) as none:
        assert none is None


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    nothing = Settings(data_dir=tmp_path / "nothing", observe=ON)
    with health_server(nothing, "127.0.0.1:0") as port:
        assert asked(port, "/healthz")[0] == 200
        assert asked(port, "/readyz")[0] == 503


def test_a_collector_gives_nothing_twice(records: Records) -> None:
    data_dir = Path(str(records.database.engine.url.database)).parent
    text = collector.exposition(records, Settings(data_dir=data_dir)).decode()
    names: Any = [line.split(" ")[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(names) == len(set(names))


def test_events_that_wait_are_counted_whoever_recorded_them(
    place: Settings, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "LINGER_S", 30.0)
    others = audit_log.events_waiting()
    records.audit.note(AuditEvent(Action.DOCTOR_RUN, SERVICE))
    with health_server(place, "127.0.0.1:0") as port:
        found = scraped(asked(port, "/metrics")[1])
    assert found["radiograde_audit_waiting"] == [({}, others + 1.0)]
    records.audit.flush()
