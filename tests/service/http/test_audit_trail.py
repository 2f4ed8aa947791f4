"""Every route has a decision, every look is one event, and who asks for the trail is in it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from ulid import ULID

from radiograde.service.audit.audit_event import AuditRow
from radiograde.service.grading.records import Records
from radiograde.service.http import audit_trail
from radiograde.service.http.audit_trail import MOST_REMEMBERED, Recently
from radiograde.service.http.audited_routes import AUDITED, NOT_AUDITED
from tests.service.accounts import TurnedClock, access_of, add_user, sign_in, under
from tests.service.audit.trails import rows_of
from tests.service.conftest import Start
from tests.service.fakes import FakeScorer, png
from tests.service.worklist.stock import PATIENT, Stock, records_of

OF_THE_SERVICE = {"service_run", "service_stop", "settings_change"}
UNNAMED = {"/", "/docs", "/assets", "/swagger", "/openapi.json"}
"""They show nothing that is kept."""

OF_AN_OPEN_FILM = (
    *(
        "view",
        "preview",
        "pixels",
        "maps",
        "overlay.png",
        "history",
        "statement",
        "reviews",
        "trace",
    ),
    *("reading", "priors"),
)


def events(client: TestClient) -> list[AuditRow]:
    """Return what people and machines did, the oldest first."""
    records_of(client).audit.flush()
    rows = rows_of(client.app.state.runtime.settings)  # type: ignore[attr-defined]
    return [row for row in rows if row.action not in OF_THE_SERVICE]


def told(client: TestClient) -> list[tuple[str, str, str]]:
    return [(row.action, row.outcome, row.actor) for row in events(client)]


def test_every_route_has_a_decision(client: TestClient) -> None:
    app: Any = client.app
    routes = list(iter_route_contexts(app.routes))
    names = {getattr(one, "operation_id", None) for one in routes if one.path not in UNNAMED}
    assert names - {None} == AUDITED.keys() | NOT_AUDITED
    assert not AUDITED.keys() & NOT_AUDITED
    unnamed = {one.path for one in routes if getattr(one, "operation_id", None) is None}
    assert unnamed <= UNNAMED | {"/healthz", "/readyz"}


def test_a_film_that_is_opened_is_one_event_whatever_its_picture_takes(client: TestClient) -> None:
    film = Stock(records_of(client)).scored(patient=PATIENT, study_instance_uid="1.2.3")
    for _ in range(3):
        client.get(f"/v1/worklist/{film}")
        client.get(f"/v1/results/{film}")
        client.get(f"/v1/jobs/{film}")
        for part in OF_AN_OPEN_FILM:
            client.get(f"/v1/results/{film}/{part}")
    (row,) = events(client)
    assert (row.action, row.outcome, row.film_id) == ("film_read", "success", film)
    assert (row.patient, row.study_instance_uid) == (PATIENT, "1.2.3")
    assert (row.actor, row.actor_kind, row.machine) == ("local", "local", "127.0.0.1")
    assert row.request_id is not None


def test_another_film_and_another_reader_are_events_of_their_own(start: Start) -> None:
    client = start()
    stock = Stock(records_of(client))
    films = [stock.scored(), stock.scored()]
    add_user(client, "ann", "reader")
    add_user(client, "kim", "reader")
    for name in ("ann", "kim"):
        csrf = sign_in(client, name)
        for film in films:
            client.get(f"/v1/worklist/{film}")
            client.get(f"/v1/worklist/{film}")
        client.delete("/v1/session", headers=under(csrf))
    looks = [(row.actor, row.film_id) for row in events(client) if row.action == "film_read"]
    assert looks == [(name, film) for name in ("ann", "kim") for film in films]
    others = [(row.action, row.actor) for row in events(client) if row.action != "film_read"]
    assert others == [(f"sign_{way}", name) for name in ("ann", "kim") for way in ("in", "out")]


def test_a_list_with_its_thumbnails_is_one_event(client: TestClient) -> None:
    film = Stock(records_of(client)).scored()
    for _ in range(2):
        client.get("/v1/worklist", params={"search": "Doe"})
        client.get(f"/v1/results/{film}/thumbnail.jpg")
        client.get("/v1/results")
    assert told(client) == [("films_list", "success", "local")]
    assert "Doe" not in json.dumps([row.detail for row in events(client)])


def test_a_later_look_is_a_new_event(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_trail, "ONCE_WITHIN_S", 0.0)
    film = Stock(records_of(client)).scored()
    for _ in range(2):
        client.get(f"/v1/worklist/{film}")
    assert len(events(client)) == 2


@pytest.mark.parametrize("rejects", [False, True])
def test_a_film_that_is_sent_is_an_event_with_its_id(start: Start, rejects: bool) -> None:
    client = start(FakeScorer(rejects=rejects))
    answer = client.post("/v1/score", content=png()).json()
    (row,) = events(client)
    assert row.action == "film_score"
    assert row.film_id == answer["id" if "id" in answer else "result_id"]


def test_a_change_is_kept_before_it_is_answered(client: TestClient) -> None:
    film = Stock(records_of(client)).scored()
    answer = client.post(f"/v1/results/{film}/reviews", json={"verdict": "accepted"})
    assert answer.status_code == 201
    rows = rows_of(client.app.state.runtime.settings)  # type: ignore[attr-defined]
    assert rows[-1].action == "review_add"
    assert rows[-1].film_id == film
    assert rows[-1].request_id == answer.headers["X-Request-ID"]


def test_what_is_not_there_was_not_seen_and_a_mistake_changed_nothing(client: TestClient) -> None:
    film = Stock(records_of(client)).scored()
    assert client.get(f"/v1/results/{ULID()}/view").status_code == 404
    assert client.post(f"/v1/results/{film}/reviews", json={"verdict": "x"}).status_code == 422
    assert client.get("/v1/session").status_code == 200
    assert client.get("/healthz").status_code == 200
    assert events(client) == []


def test_who_is_refused_is_an_event_and_a_flood_of_them_is_few(start: Start) -> None:
    client = start()
    add_user(client)
    key = access_of(client).keys.add("router", "sender")
    films = [str(ULID()) for _ in range(30)]
    for film in films:
        assert client.get(f"/v1/results/{film}/view").status_code == 401
        asked = client.get(f"/v1/results/{film}/view", headers={"Authorization": f"Bearer {key}"})
        assert asked.status_code == 403
    assert told(client) == [("film_read", "refused", ""), ("film_read", "refused", "router")]
    assert [row.actor_kind for row in events(client)] == ["unknown", "key"]


def test_a_wrong_password_is_an_event_without_what_was_typed(start: Start) -> None:
    client = start()
    add_user(client)
    client.post("/v1/session", json={"name": "my secret", "password": "x"})
    (row,) = events(client)
    assert (row.action, row.outcome, row.actor) == ("sign_in", "refused", "")
    assert "my secret" not in str(row)


def test_a_change_that_broke_is_an_event(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("Doe^Ann")

    film = Stock(records_of(client)).scored()
    monkeypatch.setattr(Records, "withdrawal_recorder", broken)
    monkeypatch.setattr(client.app.state.withdrawals, "withdraw", broken, raising=False)  # type: ignore[attr-defined]
    answer = client.post(f"/v1/results/{film}/withdrawal", json={"reason": "Wrong patient"})
    assert answer.status_code == 500
    (row,) = events(client)
    assert (row.action, row.outcome, row.film_id) == ("result_withdraw", "failed", film)
    assert "Doe" not in str(row)


def test_administrators_read_the_trail_by_pages_and_filters(start: Start) -> None:
    client = start()
    stock = Stock(records_of(client))
    films = [stock.scored(patient=PATIENT if number else None) for number in range(3)]
    for film in films:
        client.get(f"/v1/worklist/{film}")
    events(client)

    def asked(**filters: Any) -> list[dict[str, Any]]:
        answer = client.get("/v1/audit", params=filters)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["events"]
        return [row for row in rows if row["action"] == "film_read"]

    assert [row["film_id"] for row in asked()] == films[::-1]
    assert [row["film_id"] for row in asked(patient=PATIENT[:6].lower())] == films[:0:-1]
    assert [row["film_id"] for row in asked(film_id=films[1])] == [films[1]]
    assert asked(actor="nobody") == []
    assert asked(outcome="refused") == []
    assert len(asked(action="film_read", since="2020-01-01", until="2100-01-01")) == 3
    assert asked(until="2020-01-01") == []
    first = client.get("/v1/audit", params={"limit": 2, "action": "film_read"}).json()
    second = client.get(
        "/v1/audit", params={"limit": 2, "action": "film_read", "before": first["next"]}
    ).json()
    shown = [row["film_id"] for row in first["events"] + second["events"]]
    assert shown == films[::-1]
    assert second["next"] is None


def test_the_trail_is_given_out_as_csv(client: TestClient) -> None:
    film = Stock(records_of(client)).scored()
    client.get(f"/v1/worklist/{film}")
    events(client)
    answer = client.get("/v1/audit.csv", params={"action": "film_read"})
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["film_id"], row["actor"]) == (film, "local")
    actions = [one.action for one in events(client)]
    assert actions == ["film_read", "audit_export"]


@pytest.mark.parametrize("role", ["reader", "engineer"])
def test_nobody_else_reads_the_trail(start: Start, role: Any) -> None:
    client = start()
    add_user(client, "kim", role)
    sign_in(client)
    assert client.get("/v1/audit").status_code == 403
    assert client.get("/v1/audit.csv").status_code == 403


def test_what_was_recorded_long_ago_is_forgotten() -> None:
    clock = TurnedClock()
    recently = Recently(lambda: clock().timestamp())
    assert recently.is_new("a")
    assert not recently.is_new("a")
    clock.turn(minutes=11)
    assert recently.is_new("a")
    for number in range(MOST_REMEMBERED + 10):
        recently.is_new(number)
    assert recently.is_new("a")


@pytest.mark.parametrize("formula", ["=1+1", "+x", "-x", "@x"])
def test_no_cell_of_the_csv_is_a_formula(client: TestClient, formula: str) -> None:
    key = access_of(client).keys.add(formula, "reader")
    client.get("/v1/worklist", headers={"Authorization": f"Bearer {key}"})
    (row,) = [one for one in events(client) if one.actor == formula]
    assert row.action == "films_list"
    add_user(client, "root", "administrator")
    sign_in(client, "root")
    text = client.get("/v1/audit.csv", params={"actor": formula}).text
    (cells,) = csv.DictReader(io.StringIO(text))
    assert cells["actor"] == f"'{formula}"
