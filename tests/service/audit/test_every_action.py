"""Each action leaves exactly one event, which says who did it, to what, and how it went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from radiograde.command import main
from radiograde.service.audit import pruning
from radiograde.service.audit.action import Action
from radiograde.service.audit.pruning import drop_old_rows
from radiograde.service.audit.service_run import service_run
from radiograde.service.concordance.concordance_repository import ConcordanceRepository
from radiograde.service.concordance.report_opinion import ReportOpinion
from radiograde.service.config.audit_config import RetentionConfig
from radiograde.service.config.settings import Settings
from radiograde.service.config.site import FolderDestinationConfig
from radiograde.service.constancy.constancy_repository import ConstancyRepository
from radiograde.service.delivery.deliver import Deliverer
from radiograde.service.delivery.open_destination import open_destination
from radiograde.service.delivery.retry_policy import RetryPolicy
from radiograde.service.dimse import association_rules as rules
from radiograde.service.dimse.node_audit import NodeAudit
from radiograde.service.films.order_store import OrderStore
from radiograde.service.films.patient_links import PatientLinks
from radiograde.service.films.pseudonym import Pseudonyms
from radiograde.service.grading.housekeeping import drop_expired
from radiograde.service.grading.records import Records
from radiograde.service.hl7_listener.message_handler import MessageHandler
from radiograde.service.http import audit_trail
from radiograde.service.http.app import create_app
from tests.service.accounts import PASSWORD
from tests.service.audit.trails import rows_of
from tests.service.documents.graded_films import film_bytes
from tests.service.fakes import FakeScorer
from tests.service.hl7_listener.messages import adt
from tests.service.hl7_listener.test_orders import ORM
from tests.service.http.dicomweb.fakes import RELATED, related


@dataclass(frozen=True)
class Installation:
    """A service whose every action is tried. ``film``: one that was graded, and is kept."""

    client: TestClient
    settings: Settings
    records: Records
    film: str
    folder: Path

    def call(self, method: str, path: str, **more: Any) -> str:
        answer = self.client.request(method, path.format(id=self.film), **more)
        assert answer.status_code < 400, answer.text
        return self.film if "{id}" in path else ""

    def command(self, *words: str, code: int = 0, text: str = "") -> str:
        line = [*words, "--data-dir", str(self.settings.data_dir)]
        result = CliRunner().invoke(main, line, input=text)
        assert result.exit_code == code, result.output
        return ""

    @property
    def handler(self) -> MessageHandler:
        return MessageHandler(
            PatientLinks(self.records.database),
            OrderStore(self.records.archive.storage),
            Pseudonyms(self.settings.data_dir),
            self.records.audit,
        )


def over_http(method: str, path: str, **more: Any) -> Callable[[Installation], str]:
    return lambda here: here.call(method, path, **more)


def by_command(*words: str, code: int = 0, text: str = "") -> Callable[[Installation], str]:
    def run(here: Installation) -> str:
        filled = [word.format(id=here.film, folder=here.folder) for word in words]
        here.command(*filled, code=code, text=text)
        return here.film if "{id}" in words else ""

    return run


def stow(here: Installation) -> str:
    body = related([film_bytes(SOPInstanceUID="1.2.3.77")])
    here.client.post("/dicom-web/studies", content=body, headers={"Content-Type": RELATED})
    return here.records.jobs.page(1)[0].id


def score(here: Installation) -> str:
    content = film_bytes(SOPInstanceUID="1.2.3.78")
    return str(here.client.post("/v1/score", content=content).json()["id"])


def report(here: Installation) -> str:
    return here.call("POST", "/v1/results/{id}/problems", json={"description": "Doe"})


def of_problem(method: str, path: str, **more: Any) -> Callable[[Installation], str]:
    def ask(here: Installation) -> str:
        id = here.client.get("/v1/problems").json()["problems"][0]["id"]
        return here.call(method, path.replace("{problem}", id), **more)

    return ask


def deliver(here: Installation) -> str:
    config = FolderDestinationConfig(type="folder", name="share", path=here.folder / "share")
    deliverer = Deliverer(
        here.records.deliveries,
        here.records.document_store,
        {"share": (config, open_destination(config))},
        RetryPolicy(timedelta(hours=1)),
        audit=here.records.audit,
    )
    deliverer.deliver(here.film, "share")
    return here.film


def run(here: Installation) -> str:
    with service_run(here.records.audit, here.settings, "listen"):
        return ""


def change_settings(here: Installation) -> str:
    with service_run(here.records.audit, here.settings.model_copy(update={"queue": 3}), "listen"):
        return ""


def expire(here: Installation) -> str:
    records = here.records
    film = records.intake.accept(film_bytes(SOPInstanceUID="1.2.3.79"), "dicom").film_id
    with records.database.write() as connection:
        records.films.set_aside(connection, film, "test")
    drop_expired(records.archive, records.films, timedelta(0), records.audit)
    return film


def commit(here: Installation) -> str:
    NodeAudit(here.records.audit).asked_to_commit("PACS", "192.0.2.1", rules.SUCCESS)
    return ""


def reset_agreement(here: Installation) -> str:
    watched = ConcordanceRepository(here.records.database)
    watched.record("1.2.3", ReportOpinion("opacity", "en"), "ab" * 32, agrees=True)
    return here.command("concordance", "--reset", "abab")


def accept_constancy(here: Installation) -> str:
    runs = ConstancyRepository(here.records.database)
    begun = runs.begin("2026-11-01")
    assert begun is not None
    runs.end(begun, [], [], baseline=False)
    return here.command("constancy", "--accept")


REPORT = {"resourceType": "DiagnosticReport", "status": "final", "conclusion": "Clear."}
_KIM = ("users", "add", "kim", "--role", "reader")

DEEDS: Mapping[Action, Callable[[Installation], str]] = {
    Action.SERVICE_RUN: run,
    Action.SERVICE_STOP: run,
    Action.SETTINGS_CHANGE: change_settings,
    Action.SCHEMA_CHANGE: by_command("migrate"),
    Action.BACKUP_MAKE: by_command("backup", "{folder}/backup"),
    Action.DOCTOR_RUN: by_command("doctor", "--repair"),
    Action.FILMS_MOVE: by_command("films", "move"),
    Action.FILM_SCORE: score,
    Action.FILM_STORE: stow,
    Action.FILMS_LIST: over_http("GET", "/v1/worklist"),
    Action.FILM_READ: over_http("GET", "/v1/results/{id}/view"),
    Action.RESULT_REPLAY: by_command("replay", "{id}", code=1),
    Action.DOCUMENT_READ: over_http("GET", "/v1/results/{id}/sr"),
    Action.JOBS_READ: over_http("GET", "/v1/jobs"),
    Action.PRIORS_FETCH: over_http("POST", "/v1/results/{id}/priors"),
    Action.ARCHIVE_READ: by_command("reconcile", "--since", "2026-11-01", code=2),
    Action.PATIENT_LINK: lambda here: str(here.handler.answer(adt("A40", "1", "2")) and ""),
    Action.REPORT_TAKE: over_http("POST", "/v1/reports", json=REPORT),
    Action.ORDER_TAKE: lambda here: str(here.handler.answer(ORM) and ""),
    Action.FILM_ASSIGN: over_http("POST", "/v1/worklist/{id}/assignment", json={"reader": "local"}),
    Action.REVIEW_ADD: over_http("POST", "/v1/results/{id}/reviews", json={"verdict": "accepted"}),
    Action.JOB_RETRY: over_http("POST", "/v1/jobs/{id}/retry"),
    Action.DELIVERY_ASK: over_http("POST", "/v1/jobs/{id}/deliver"),
    Action.RESULT_DELIVER: deliver,
    Action.REVIEWS_EXPORT: by_command("data", "reviews", "--out", "{folder}/labels", "--accepted"),
    Action.RESULT_REGRADE: by_command("regrade", "--since", "2026-11-01", "--dry-run"),
    Action.PROBLEM_REPORT: report,
    Action.PROBLEM_CHANGE: of_problem("POST", "/v1/problems/{problem}", json={"state": "sent"}),
    Action.PROBLEM_FILE_READ: of_problem("GET", "/v1/problems/{problem}/file"),
    Action.PROBLEMS_READ: over_http("GET", "/v1/problems"),
    Action.PROBLEMS_EXPORT: over_http("GET", "/v1/problems.csv"),
    Action.RESULT_WITHDRAW: over_http(
        "POST", "/v1/results/{id}/withdrawal", json={"reason": "Wrong patient"}
    ),
    Action.MODEL_ADD: by_command("models", "add", __file__, code=1),
    Action.MODEL_TEST: by_command("models", "record", __file__, code=1),
    Action.MODEL_PROMOTE: by_command("models", "promote", "ab", code=1),
    Action.MODEL_ROLLBACK: by_command("models", "rollback", code=1),
    Action.MODEL_RETIRE: by_command("models", "retire", "ab", code=1),
    Action.MODELS_READ: by_command("models", "list"),
    Action.AUDIT_READ: over_http("GET", "/v1/audit"),
    Action.AUDIT_EXPORT: over_http("GET", "/v1/audit.csv"),
    Action.AUDIT_VERIFY: by_command("audit", "verify"),
    Action.COMMITMENT_ANSWER: commit,
    Action.FILM_EXPIRE: expire,
    Action.ERASURES_READ: over_http("GET", "/v1/erasures"),
    Action.PATIENT_ERASE: by_command("erase", "--patient", "nobody", "--yes", code=1),
    Action.MODEL_SHADOW: by_command("models", "shadow", "ab", code=1),
    Action.MODEL_STOP: by_command("monitor", "stop", "--reason", "Doe"),
    Action.ALARM_CLEAR: by_command("monitor", "clear", "x", code=1),
    Action.AGREEMENT_RESET: reset_agreement,
    Action.CONSTANCY_ACCEPT: accept_constancy,
    Action.READING_SET_GIVE: by_command(
        "readers", "give", "course", "--reader", "kim", "--film", "x", code=1
    ),
    Action.PROJECT_ADD: by_command("projects", "create", "course"),
    Action.PROJECTS_READ: by_command("projects", "list"),
    Action.FILM_INCLUDE: by_command("projects", "add-films", "course", "{id}"),
    Action.FILM_EXCLUDE: by_command("projects", "remove-films", "course", "{id}"),
    Action.MEMBER_ADD: by_command(
        "projects", "add-member", "course", "nobody", "--role", "reader", code=1
    ),
    Action.MEMBER_REMOVE: by_command("projects", "remove-member", "course", "nobody", code=1),
    Action.PROJECT_RENAME: by_command("projects", "rename", "course", "--to", "study"),
    Action.PROJECT_CLOSE: by_command("projects", "close", "study"),
    Action.USER_ADD: by_command(*_KIM, "--password-stdin", text=f"{PASSWORD}\n"),
    Action.USERS_READ: by_command("users", "list"),
    Action.USER_CHANGE: by_command(
        "users", "password", "kim", "--password-stdin", text=f"{PASSWORD}\n"
    ),
    Action.USER_REMOVE: by_command("users", "remove", "kim"),
    Action.KEY_ADD: by_command("keys", "add", "router", "--role", "sender"),
    Action.KEYS_READ: by_command("keys", "list"),
    Action.KEY_REMOVE: by_command("keys", "remove", "router"),
}
FAILED = {
    *(Action.ARCHIVE_READ, Action.MODEL_ADD, Action.MODEL_TEST, Action.MODEL_PROMOTE),
    *(Action.MODEL_SHADOW, Action.ALARM_CLEAR),
    *(Action.MODEL_ROLLBACK, Action.MODEL_RETIRE, Action.READING_SET_GIVE),
    *(Action.PATIENT_ERASE, Action.MEMBER_ADD, Action.MEMBER_REMOVE),
}
"""What this installation cannot do: the event says so."""

ELSEWHERE = {
    *(Action.SIGN_IN, Action.SIGN_OUT, Action.FILMS_FOLLOW, Action.READING_COMMIT),
    *(Action.BACKUP_RESTORE, Action.AUDIT_PRUNE, Action.RESULT_EXPIRE),
}
"""Tried below, or in the tests of the routes."""

BY_COMMAND = {
    *(Action.SCHEMA_CHANGE, Action.BACKUP_MAKE, Action.DOCTOR_RUN, Action.RESULT_REPLAY),
    Action.FILMS_MOVE,
    *(Action.REVIEWS_EXPORT, Action.RESULT_REGRADE, Action.MODELS_READ, Action.AUDIT_VERIFY),
    *(Action.USER_ADD, Action.USERS_READ, Action.USER_CHANGE, Action.USER_REMOVE),
    *(Action.PROJECT_ADD, Action.PROJECTS_READ, Action.FILM_INCLUDE, Action.FILM_EXCLUDE),
    *(Action.PROJECT_RENAME, Action.PROJECT_CLOSE),
    *(Action.KEY_ADD, Action.KEYS_READ, Action.KEY_REMOVE, Action.MODEL_STOP, *FAILED),
    *(Action.AGREEMENT_RESET, Action.CONSTANCY_ACCEPT),
}
BY_MACHINES = {Action.COMMITMENT_ANSWER, Action.PATIENT_LINK, Action.ORDER_TAKE}
BY_THE_SERVICE = {
    *(Action.SERVICE_RUN, Action.SERVICE_STOP, Action.SETTINGS_CHANGE, Action.RESULT_DELIVER),
    Action.FILM_EXPIRE,
}


def kind_of(action: Action) -> str:
    """Return what kind of actor does it here."""
    if action in BY_COMMAND:
        return "command"
    if action in BY_MACHINES:
        return "machine"
    return "service" if action in BY_THE_SERVICE else "local"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("audited")
    (folder / "share").mkdir()
    share = FolderDestinationConfig(
        type="folder", name="share", path=folder / "share", send=("json",)
    )
    settings = Settings(data_dir=folder / "data", destination=(share,))
    app = create_app(settings, scorer=FakeScorer())
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000)) as client:
        film = client.post("/v1/score", content=film_bytes()).json()["id"]
        yield Installation(client, settings, app.state.runtime.records, film, folder)


def test_every_action_is_tried() -> None:
    assert DEEDS.keys() | ELSEWHERE == set(Action)
    assert not DEEDS.keys() & ELSEWHERE
    assert len(DEEDS) >= 40


@pytest.mark.parametrize("action", DEEDS)
def test_an_action_leaves_one_right_event(
    here: Installation, action: Action, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_trail, "ONCE_WITHIN_S", 0.0)
    here.records.audit.flush()
    before = len(rows_of(here.settings))
    film = DEEDS[action](here)
    here.records.audit.flush()
    new = [row for row in rows_of(here.settings)[before:] if row.action == action]
    if action is Action.FILM_EXPIRE:  # one each of all films that are past their time
        new = [row for row in new if row.film_id == film]
    (row,) = new
    assert row.outcome == ("failed" if action in FAILED else "success")
    assert (row.film_id or "") == film
    assert row.actor_kind == kind_of(action)
    assert row.machine or action in (Action.PATIENT_LINK, Action.ORDER_TAKE)
    assert row.actor
    assert "Doe" not in str(row)
    if film == here.film:
        assert row.patient is not None
        assert row.study_instance_uid is not None
        assert row.sop_instance_uid is not None


def test_a_restored_installation_says_so(here: Installation) -> None:
    here.command("backup", str(here.folder / "again"))
    there = Settings(data_dir=here.folder / "restored")
    line = ["restore", str(here.folder / "again"), "--data-dir", str(there.data_dir)]
    assert CliRunner().invoke(main, line).exit_code == 0
    rows = rows_of(there)
    assert [row.action for row in rows].count("backup_restore") == 1
    assert rows[0] == rows_of(here.settings)[0]


def test_rows_that_went_by_their_rule_are_one_event(here: Installation) -> None:
    old = here.settings.model_copy(update={"retention": RetentionConfig(audit_days=1)})
    count = len(rows_of(here.settings))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pruning, "datetime", Later)
        assert drop_old_rows(old, here.records.audit) == count
    (row,) = rows_of(here.settings)
    assert (row.action, row.detail) == ("audit_prune", {"rows": count})
    here.command("audit", "verify")


class Later(datetime):
    """A clock two days ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Later:
        return cls.fromtimestamp(time.time() + 2 * 86400, tz)
