"""Who grades first sees no score before: every route is asked, and every answer is searched."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from radiograde.model.reading.radiograph import Radiograph
from radiograde.model.scoring.result import Involvement, ScaleScore, SeverityResult
from radiograde.service.config.settings import Settings
from radiograde.service.http.read_first import SHOWS_NO_SCORE
from radiograde.service.worklist.change_log import Change
from tests.service.accounts import access_of, add_user, sign_in, under
from tests.service.conftest import Start
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer, scored
from tests.service.http.test_guarded_routes import ENDLESS, OPEN
from tests.service.http.test_scoring import assert_problem
from tests.service.viewing.preview_parts import view_and_planes

ZONES = {"A": 1.37, "B": 2.41, "C": 2.83, "D": 0.59, "E": 1.73, "F": 2.19}
GRADES = {"A": 1, "B": 2, "C": 3, "D": 1, "E": 2, "F": 2}
MARKS = re.compile(
    r"(?<!\d)(1\.37|2\.41|2\.83|0\.59|1\.73|2\.19|11\.12|9\.46|12\.97|5\.23|4\.57|61\.7|47\.3|54\.9)"
    r"|Opacities|moderate"
)
"""Every number of the film's scores, its severity, and what a statement of it begins with.

No digit stands before them: the time 23:18:51.736 holds none.
"""

ALL_BANDS = '["none","mild","moderate","severe"]'
"""Named by the schema of the settings, of which a rule may ask for some; they are no film's."""

DICOM = {"Content-Type": "application/dicom"}
FILMS = {"first": "1.2.3.1", "second": "1.2.3.2"}


class MarkedScorer(FakeScorer):
    """Gives scores whose digits stand nowhere else."""

    def score(self, radiograph: Radiograph) -> SeverityResult:
        result = super().score(radiograph)
        assert result.scores is not None
        scores = dataclasses.replace(
            result.scores,
            brixia=ScaleScore(11.12, (0.0, 18.0), (9.46, 12.97), 0.9),
            zones={
                zone: ScaleScore(value, (0.0, 3.0), (value - 0.5, min(value + 0.5, 3)), 0.9)
                for zone, value in ZONES.items()
            },
            geographic_extent=ScaleScore(5.23, (0.0, 8.0), (4.0, 6.0), 0.9),
            opacity=ScaleScore(4.57, (0.0, 8.0), (4.0, 6.0), 0.9),
            lung_involvement_percent=Involvement(61.7, 47.3, 54.9),
        )
        return dataclasses.replace(result, scores=scores, severity="moderate")


@dataclasses.dataclass(frozen=True)
class Reader:
    """A reader who grades first, and the ids of two films of one patient."""

    client: TestClient
    headers: dict[str, str]
    films: dict[str, str]

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.headers)

    def commit(self, film: str, **body: Any) -> Any:
        path = f"/v1/results/{film}/reading"
        return self.client.post(path, json=body or {"zones": GRADES}, headers=self.headers)

    def commits(self, film: str) -> None:
        assert self.commit(film).status_code == 201


def sent(client: TestClient, uid: str) -> Any:
    content = film_bytes(SOPInstanceUID=uid, StudyInstanceUID=f"{uid}.9")
    return client.post("/v1/score", content=content, headers=DICOM)


@pytest.fixture
def reader(start: Start) -> Reader:
    client = start(scorer=MarkedScorer(), reading={"readers": ["lee"]})
    films = {name: sent(client, uid).json()["id"] for name, uid in FILMS.items()}
    add_user(client, "kim", "administrator")
    add_user(client, "lee", "administrator")
    return Reader(client, under(sign_in(client, "lee")), films)


def operations(client: TestClient) -> Iterator[tuple[str, str, str | None]]:
    """Return method, path and operation of every guarded route, as the app has them."""
    app: Any = client.app
    for route in iter_route_contexts(app.routes):
        original: Any = route.original_route
        for method in sorted(route.methods or {"GET"}):
            if route.path not in OPEN and f"{method} {route.path}" != ENDLESS:
                yield method, str(route.path), original.operation_id


def said(answer: Any) -> str:
    return f"{dict(answer.headers)} {answer.content.decode('latin-1')}"


def ask(reader: Reader, method: str, path: str, film: str) -> Any:
    url = path.replace("{study}", "1.2.3").replace("{review_id}", film).replace("{id}", film)
    body: dict[str, Any] = {"json": {}} if method == "POST" else {}
    if path == "/v1/score":
        body = {"content": film_bytes(SOPInstanceUID=FILMS["first"], StudyInstanceUID="1.2.3.1.9")}
    kind = DICOM if path == "/v1/score" else {}
    return reader.client.request(method, url, headers=reader.headers | kind, **body)


def test_the_marks_are_what_the_scores_are_found_by(reader: Reader) -> None:
    id = reader.films["first"]
    reader.commits(id)
    for path in ("", "/history", "/statement"):
        assert MARKS.search(said(reader.get(f"/v1/results/{id}{path}"))), path
    assert MARKS.search(said(reader.get(f"/v1/worklist/{id}")))
    assert MARKS.search(said(reader.get("/v1/worklist")))


def test_no_route_of_the_app_shows_a_score_before_the_reading(reader: Reader) -> None:
    asked = set()
    for method, path, operation in operations(reader.client):
        answer = ask(reader, method, path, reader.films["first"])
        assert MARKS.search(said(answer).replace(ALL_BANDS, "")) is None, (method, path)
        if operation not in SHOWS_NO_SCORE:
            assert_problem(answer, 403, "read_first")
        asked.add(operation)
    assert len(asked) > 35
    assert asked | {"getEvents"} >= SHOWS_NO_SCORE, "what is listed is there"


@pytest.mark.parametrize("path", ["/v1/erasures", "/v1/monitor/stop"])
def test_who_reads_first_may_erase_and_stop_the_model(reader: Reader, path: str) -> None:
    answer = reader.client.post(path, json={}, headers=reader.headers)
    assert_problem(answer, 422, "invalid_parameters")


def test_what_is_shown_before_it_is_the_film_alone(reader: Reader) -> None:
    id = reader.films["first"]
    for path in ("pixels", "thumbnail.jpg"):
        assert reader.get(f"/v1/results/{id}/{path}").status_code == 200
    view = reader.get(f"/v1/results/{id}/view").json()
    preview = reader.get(f"/v1/results/{id}/preview").content
    assert view_and_planes(preview) == (view, b"")
    assert view["rows"] == 320
    assert view["maps"] is None
    row = reader.get(f"/v1/worklist/{id}").json()
    assert (row["status"], row["severity"], row["brixia"]) == ("scored", None, None)
    assert row["unread"] is True


def test_an_event_has_no_room_for_a_score() -> None:
    assert set(Change._fields) == {"kind", "id", "patient"}


def test_a_film_that_the_reader_sends_is_answered_without_its_scores(reader: Reader) -> None:
    content = film_bytes(SOPInstanceUID="1.2.3.7", StudyInstanceUID="1.2.3.7.9")
    headers = reader.headers | DICOM
    answer = reader.client.post("/v1/score", content=content, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["status"] == "scored"
    assert answer.json().keys().isdisjoint({"scores", "severity"})


@pytest.mark.parametrize("query", ["order=severest", "severity=mild", "severity=none&order=newest"])
def test_films_are_not_found_by_their_score(reader: Reader, query: str) -> None:
    assert_problem(reader.get(f"/v1/worklist?{query}"), 403, "read_first")


def test_after_the_reading_everything_of_this_film_is_shown_and_nothing_of_others(
    reader: Reader,
) -> None:
    first, second = reader.films.values()
    reader.commits(second)
    result = reader.get(f"/v1/results/{second}").json()
    assert result["scores"]["brixia"]["value"] == 11.12
    for path in ("sr", "report.pdf", "overlay.png", "trace", "maps", "reviews"):
        assert reader.get(f"/v1/results/{second}/{path}").status_code == 200, path
        assert_problem(reader.get(f"/v1/results/{first}/{path}"), 403, "read_first")
    rows = {row["id"]: row["brixia"] for row in reader.get("/v1/worklist").json()["films"]}
    assert rows[first] is None
    assert rows[second]["value"] == 11.12
    for id in (first, second):
        films = reader.get(f"/v1/results/{id}/history").json()["films"]
        shown = {film["id"]: (film["brixia"] is not None, film["change"]) for film in films}
        assert shown == {first: (False, None), second: (True, None)}, "the change shows both"


def test_what_was_said_of_others_does_not_wait_in_the_cache(reader: Reader) -> None:
    first = reader.films["first"]
    hidden = reader.get("/v1/worklist").json()["films"]
    assert all(row["brixia"] is None for row in hidden)
    other = TestClient(reader.client.app, base_url="http://localhost", client=("127.0.0.1", 50001))
    sign_in(other, "kim")
    assert other.get(f"/v1/worklist?id={first}").json()["films"][0]["brixia"]["value"] == 11.12
    assert other.get("/v1/worklist").json()["films"][0]["brixia"]["value"] == 11.12
    assert reader.get("/v1/worklist").json()["films"] == hidden
    assert reader.get(f"/v1/worklist?id={first}").json()["films"][0]["brixia"] is None


def test_a_reading_is_committed_once_and_kept_apart_from_reviews(reader: Reader) -> None:
    id = reader.films["first"]
    assert reader.get(f"/v1/results/{id}/reading").json() == {"readings": []}
    answer = reader.commit(id, zones=GRADES, comment=" Rotated.\t")
    assert answer.status_code == 201
    assert answer.json()["brixia"] == 11
    assert answer.json()["comment"] == "Rotated."
    assert_problem(reader.commit(id, zones=None), 409, "committed")
    review = {"verdict": "accepted"}
    path = f"/v1/results/{id}/reviews"
    assert reader.client.post(path, json=review, headers=reader.headers).status_code == 201
    assert reader.get(f"/v1/results/{id}/reading").json() == {"readings": [answer.json()]}
    assert reader.get(path).json()["reviews"][0]["zones"] is None


def test_another_readers_reading_is_shown_after_the_own(reader: Reader, start: Start) -> None:
    id = reader.films["first"]
    reader.commits(id)
    add_user(reader.client, "park", "reader")
    client = start(scorer=MarkedScorer(), reading={"first": True})
    other = Reader(client, under(sign_in(client, "park")), reader.films)
    assert other.get(f"/v1/results/{id}/reading").json() == {"readings": []}
    assert other.commit(id, zones=None).json()["zones"] is None
    found = other.get(f"/v1/results/{id}/reading").json()["readings"]
    assert [one["reader"] for one in found] == ["lee", "park"]


@pytest.mark.parametrize(
    "body", [{}, {"zones": {}}, {"zones": {**GRADES, "A": 4}}, {"zones": GRADES, "verdict": "x"}]
)
def test_a_reading_has_all_six_zones(reader: Reader, body: dict[str, Any]) -> None:
    path = f"/v1/results/{reader.films['first']}/reading"
    answer = reader.client.post(path, json=body, headers=reader.headers)
    assert_problem(answer, 422, "invalid_parameters")


def test_who_sees_scores_at_once_commits_no_blind_reading(client: TestClient) -> None:
    id = sent(client, "1.2.3.1").json()["id"]
    answer = client.post(f"/v1/results/{id}/reading", json={"zones": GRADES})
    assert_problem(answer, 403, "not_allowed")
    assert client.get(f"/v1/results/{id}/reading").json() == {"readings": []}


def test_a_film_that_was_not_graded_needs_no_reading(start: Start) -> None:
    client = start(scorer=FakeScorer(rejects=True), reading={"first": True})
    id = sent(client, "1.2.3.1").json()["result_id"]
    assert client.get(f"/v1/results/{id}").json()["status"] == "rejected"
    answer = client.post(f"/v1/results/{id}/reading", json={"zones": GRADES})
    assert_problem(answer, 409, "not_reviewable")


def test_it_is_for_people_who_may_review_and_for_keys_that_are_named(start: Start) -> None:
    client = start(scorer=MarkedScorer(), reading={"first": True, "readers": ["assistant"]})
    id = sent(client, "1.2.3.1").json()["id"]
    for name in ("lee", "noor"):
        add_user(client, name, "reader" if name == "lee" else "engineer")
    keys = {name: access_of(client).keys.add(name, "reader") for name in ("ehr", "assistant")}
    for name, hidden in (("ehr", False), ("assistant", True)):
        answer = client.get(f"/v1/results/{id}", headers={"Authorization": f"Bearer {keys[name]}"})
        assert (answer.status_code == 403) is hidden, name
    for name, hidden in (("lee", True), ("noor", False)):
        sign_in(client, name)
        assert (client.get(f"/v1/results/{id}").status_code == 403) is hidden, name
        assert client.get("/v1/session").json()["reads_first"] is hidden


def test_without_the_mode_nobody_reads_first(client: TestClient) -> None:
    assert not Settings().reading.first
    id = sent(client, "1.2.3.1").json()["id"]
    assert client.get(f"/v1/results/{id}").json()["scores"]
    assert client.get("/v1/session").json()["reads_first"] is False
    assert json.loads(client.get("/v1/worklist?order=severest").content)["films"]
    assert scored().scores is not None


def test_a_withdrawn_result_stays_hidden_too(start: Start) -> None:
    client = start(scorer=MarkedScorer(), reading={"readers": ["lee"]})
    id = sent(client, "1.2.3.1").json()["id"]
    withdrawal = client.post(f"/v1/results/{id}/withdrawal", json={"reason": "Wrong film."})
    assert withdrawal.status_code == 201
    add_user(client, "kim", "administrator")
    add_user(client, "lee", "reader")
    sign_in(client, "lee")
    assert client.get(f"/v1/worklist/{id}").json()["unread"] is True
    assert_problem(client.get(f"/v1/results/{id}"), 403, "read_first")
