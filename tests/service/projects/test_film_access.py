"""What somebody sees of films by roles in projects: lists, counts, courses, names of patients."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from radiograde.service.auth.key_repository import KeyTerms
from radiograde.service.auth.principal import Principal
from radiograde.service.database.tables import films
from radiograde.service.errors import AccountError
from radiograde.service.http.routes import event_routes
from radiograde.service.projects.film_access import EVERY_FILM
from radiograde.service.projects.project_film_repository import ProjectFilmRepository
from radiograde.service.projects.project_repository import ProjectRepository
from radiograde.service.reviews.reading_set_repository import ReadingSetRepository
from radiograde.service.reviews.review import Judgement
from tests.service.accounts import access_of
from tests.service.http.live import connected, listening, received, request_lines
from tests.service.projects.installation import Installation, installed
from tests.service.worklist.stock import Stock, records_of

WORDS = ("P-1", "민준", "ACC-7", "1.2.826.0.1.3680043.10.1541.1", "1.2.1", "1960-01-02")
"""What names the patient, and the instance of the film in project A."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    with installed(tmp_path / "data", identifiers="full") as installation:
        yield installation


def ids(here: Installation, who: str, query: str = "") -> list[str]:
    return [row["id"] for row in here.get(f"/v1/worklist{query}", who).json()["films"]]


def test_each_sees_the_films_of_the_own_projects(here: Installation) -> None:
    here.person("kim", a="reader")
    here.person("lee", a="researcher", b="reader")
    here.person("ray", "reader", a="reader")
    assert ids(here, "kim") == [here.own]
    assert ids(here, "lee") == [here.other, here.own]
    assert ids(here, "ray") == [here.pooled, here.other, here.own]


@pytest.mark.parametrize("order", ["newest", "acquired", "severest"])
@pytest.mark.parametrize("days", ["", "&since=2026-01-01&until=2030-01-01", "&status=scored"])
def test_every_order_and_filter_keeps_within(here: Installation, order: str, days: str) -> None:
    here.person("kim", a="reader")
    assert ids(here, "kim", f"?order={order}{days}") == [here.own]
    asked = f"?id={here.own}&id={here.other}&order={order}{days}"
    assert ids(here, "kim", asked) == [here.own]


def test_a_project_is_chosen(here: Installation) -> None:
    here.person("kim", a="reader")
    here.person("lee", a="reader", b="reader")
    here.person("ray", "reader", b="reader")
    assert ids(here, "lee", f"?project={here.b}") == [here.other]
    assert ids(here, "kim", f"?project={here.b}") == []
    assert ids(here, "ray", f"?project={here.b}") == [here.other]
    assert ids(here, "ray", f"?project={here.a}") == []
    assert ids(here, "root", f"?project={here.a}") == [here.own]


def test_the_course_over_time_has_films_within_alone(here: Installation) -> None:
    here.person("kim", a="reader")

    def course(who: str) -> list[str]:
        found = here.get(f"/v1/results/{here.own}/history", who).json()["films"]
        return sorted(film["id"] for film in found)

    assert course("kim") == [here.own]
    assert course("root") == sorted([here.own, here.other, here.pooled])


def test_counts_are_of_films_within(here: Installation) -> None:
    here.person("kim", a="engineer")
    counts = here.get("/v1/jobs", "kim").json()["counts"]
    assert counts["graded"] == 1
    assert counts["failed"] == 0
    assert here.get("/v1/jobs", "root").json()["counts"]["graded"] == 3
    assert here.get("/v1/jobs?state=graded", "kim").json()["jobs"][0]["id"] == here.own
    assert here.get("/v1/jobs?state=parked", "kim").json()["jobs"] == []


@pytest.mark.parametrize("key", [False, True])
def test_a_researcher_is_shown_nothing_that_names_the_patient(
    here: Installation, key: bool
) -> None:
    if key:
        here.key("kim", "researcher", KeyTerms(project=here.a))
    else:
        here.person("kim", a="researcher")
    stock = Stock(records_of(here.client))
    stock.reviewed(here.own, judgement=Judgement("accepted", comment="P-1 again"))
    for path in (
        "/v1/worklist",
        f"/v1/worklist/{here.own}",
        "/v1/results",
        "/v1/worklist?search=P-1",
    ):
        text = here.get(path, "kim").text
        assert not [word for word in WORDS if word in text], path
    for rest in ("", "/reviews", "/history", "/view", "/statement"):
        answer = here.get(f"/v1/results/{here.own}{rest}", "kim")
        assert answer.status_code == 200
        assert not [word for word in WORDS if word in answer.text], rest
    assert ids(here, "kim", "?search=P-1") == []
    assert ids(here, "kim", "?search=1.2.1") == []
    row = here.get(f"/v1/worklist/{here.own}", "kim").json()
    assert ids(here, "kim", f"?search={row['patient']['label']}") == [here.own]


def test_a_reader_of_the_project_is_shown_whose_film_it_is(here: Installation) -> None:
    here.person("kim", a="reader", b="researcher")
    rows = {row["id"]: row for row in here.get("/v1/worklist", "kim").json()["films"]}
    assert rows[here.own]["patient"]["id"] == "P-1"
    assert rows[here.other]["patient"]["id"] is None
    documents = {one["id"]: one for one in here.get("/v1/results", "kim").json()["results"]}
    assert documents[here.own]["image"]["sop_instance_uid"] == "1.2.1"
    assert documents[here.other]["image"]["sop_instance_uid"] is None
    assert here.get(f"/v1/results/{here.own}/sr", "kim").status_code == 200
    assert here.get(f"/v1/results/{here.other}/sr", "kim").status_code == 403


def test_what_one_is_shown_another_is_not_shown_from_memory(here: Installation) -> None:
    here.person("kim", a="reader")
    here.person("lee", b="reader")
    for _ in range(2):
        assert ids(here, "kim") == [here.own]
        assert ids(here, "lee") == [here.other]
        assert len(ids(here, "root")) == 3


def test_a_role_and_a_film_count_from_the_next_request_on(here: Installation) -> None:
    here.person("kim", a="reader")
    here.films.remove(here.a, [here.own])
    assert ids(here, "kim") == []
    assert here.films.add(here.a, [here.pooled, "no film"], "root", EVERY_FILM) == [here.pooled]
    assert ids(here, "kim") == [here.pooled]
    here.projects.enrol(here.a, "kim", "administrator")
    assert here.get("/v1/worklist", "kim").status_code == 403
    here.projects.enrol(here.a, "kim", "reader")
    here.projects.close(here.a)
    assert here.get("/v1/worklist", "kim").status_code == 403


def test_a_key_of_a_project_holds_in_it_alone(here: Installation) -> None:
    here.key("all", "engineer", KeyTerms(project=here.a))
    here.key("some", "engineer", KeyTerms(project=here.a, scope=frozenset({"operate"})))
    assert ids(here, "all") == [here.own]
    retry = f"/v1/jobs/{here.own}/retry"
    assert here.client.post(retry, headers=here.people["some"]).status_code == 200
    assert here.get("/v1/worklist", "some").status_code == 403
    here.projects.close(here.a)
    assert here.get("/v1/worklist", "all").status_code == 401


@pytest.mark.parametrize(
    ("role", "project", "scope"),
    [
        ("sender", True, None),
        ("administrator", True, None),
        ("researcher", False, None),
        ("reader", True, frozenset({"send"})),
        ("reader", True, frozenset({"operate"})),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    here: Installation, role: str, project: bool, scope: frozenset[str] | None
) -> None:
    terms = KeyTerms(scope=scope, project=here.a if project else None)  # type: ignore[arg-type]
    with pytest.raises(AccountError):
        here.key("no", role, terms)


def test_administrators_may_be_shown_no_films(tmp_path: Path) -> None:
    with installed(tmp_path, administrators_see_films=False) as here:
        assert here.get("/v1/worklist", "root").status_code == 403
        assert here.get(f"/v1/results/{here.own}", "root").status_code == 403
        retry = here.client.post(f"/v1/jobs/{here.own}/retry", headers=here.people["root"])
        assert retry.status_code == 403
        assert here.get("/v1/users", "root").status_code == 200
        assert here.get("/v1/models", "root").status_code == 200
        here.projects.enrol(here.a, "root", "researcher")
        assert ids(here, "root") == [here.own]
        assert here.get(f"/v1/worklist/{here.pooled}", "root").status_code == 404


def test_a_review_in_a_project_is_sent_to_no_destination(here: Installation) -> None:
    here.person("kim", a="reader")
    headers, sent = here.people["kim"], []
    here.client.app.state.reviews._deliveries.send_anew = lambda *args: sent.append(args)  # type: ignore[attr-defined]
    path = f"/v1/results/{here.own}/reviews"
    for who in ("kim", "root"):
        headers = here.people[who]
        answer = here.client.post(path, json={"verdict": "accepted"}, headers=headers)
        assert answer.status_code == 201
    assert [args[2] for args in sent] == [[], []]


def test_a_reading_set_is_there_for_whoever_sees_all_of_its_films(here: Installation) -> None:
    here.person("kim", a="reader")
    sets = ReadingSetRepository(records_of(here.client).database)
    own = sets.give_out("own", "root", [here.own], ["kim"], 0)
    mixed = sets.give_out("mixed", "root", [here.own, here.other], ["kim"], 0)
    listed = here.get("/v1/reading-sets", "kim").json()["sets"]
    assert [one["id"] for one in listed] == [own]
    assert here.get(f"/v1/reading-sets/{own}/next", "kim").json()["film"] == here.own
    outside, none = (here.get(f"/v1/reading-sets/{id}/next", "kim") for id in (mixed, "0" * 26))
    assert (outside.status_code, outside.json()) == (none.status_code, none.json())


def test_a_user_who_leaves_is_in_no_project(here: Installation) -> None:
    here.person("kim", a="reader")
    access_of(here.client).users.remove("kim")
    assert here.projects.members(here.a) == []


def test_events_are_of_films_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_routes, "CHECK_EVERY_S", 0.05)
    with listening(tmp_path) as (app, port):
        database = app.state.runtime.records.database
        stock = Stock(app.state.runtime.records)
        own, other = stock.scored(), stock.scored()
        projects = ProjectRepository(database)
        a = projects.add("A", "root")
        ProjectFilmRepository(database).add(a, [own], "root", EVERY_FILM)
        app.state.access.users.add("root", "administrator", "")
        app.state.access.users.add("kim", "member", "")
        projects.enrol(a, "kim", "reader")
        token, _ = app.state.access.sessions.open(Principal("kim", "member"))
        lines = request_lines("GET", "/v1/events", Cookie=f"radiograde={token}")
        with closing(connected(port, *lines)) as stream:
            received(stream, b": listening")
            for film in (other, own):
                with database.write() as connection:
                    changed = sa.update(films).where(films.c.id == film)
                    connection.execute(changed.values(changed=datetime.now(UTC)))
            text = received(stream, own.encode())
            assert own.encode() in text
            assert other.encode() not in text
            projects.dismiss(a, "kim")
            assert received(stream, b"0\r\n\r\n").endswith(b"0\r\n\r\n")
