"""What the audit trail says of each command; the one place where commands enter it."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import click

from radiograde.service.audit.action import Action
from radiograde.service.audit.audit_event import Actor, AuditEvent, Detail, Outcome
from radiograde.service.config.settings import Settings
from radiograde.service.errors import NotAllowedError, SignInFailedError, StoreError

AUDITED: Mapping[str, Action] = {
    "jobs": Action.JOBS_READ,
    "jobs retry": Action.JOB_RETRY,
    "replay": Action.RESULT_REPLAY,
    "problem report": Action.PROBLEM_REPORT,
    "problem register": Action.PROBLEMS_EXPORT,
    "backup": Action.BACKUP_MAKE,
    "restore": Action.BACKUP_RESTORE,
    "doctor": Action.DOCTOR_RUN,
    "films move": Action.FILMS_MOVE,
    "migrate": Action.SCHEMA_CHANGE,
    "reconcile": Action.ARCHIVE_READ,
    "regrade": Action.RESULT_REGRADE,
    "withdraw": Action.RESULT_WITHDRAW,
    "models add": Action.MODEL_ADD,
    "models list": Action.MODELS_READ,
    "models record": Action.MODEL_TEST,
    "models promote": Action.MODEL_PROMOTE,
    "models rollback": Action.MODEL_ROLLBACK,
    "models shadow": Action.MODEL_SHADOW,
    "models compare": Action.MODEL_TEST,
    "monitor stop": Action.MODEL_STOP,
    "monitor clear": Action.ALARM_CLEAR,
    "concordance": Action.AGREEMENT_RESET,
    "constancy": Action.CONSTANCY_ACCEPT,
    "models retire": Action.MODEL_RETIRE,
    "users add": Action.USER_ADD,
    "users list": Action.USERS_READ,
    "users password": Action.USER_CHANGE,
    "users role": Action.USER_CHANGE,
    "users remove": Action.USER_REMOVE,
    "sessions list": Action.USERS_READ,
    "sessions end": Action.SIGN_OUT,
    "keys add": Action.KEY_ADD,
    "keys list": Action.KEYS_READ,
    "keys remove": Action.KEY_REMOVE,
    "projects list": Action.PROJECTS_READ,
    "projects members": Action.PROJECTS_READ,
    "projects create": Action.PROJECT_ADD,
    "projects rename": Action.PROJECT_RENAME,
    "projects close": Action.PROJECT_CLOSE,
    "projects add-member": Action.MEMBER_ADD,
    "projects remove-member": Action.MEMBER_REMOVE,
    "projects add-films": Action.FILM_INCLUDE,
    "projects remove-films": Action.FILM_EXCLUDE,
    "readers give": Action.READING_SET_GIVE,
    "readers export": Action.REVIEWS_EXPORT,
    "readers agreement": Action.REVIEWS_EXPORT,
    "data reviews": Action.REVIEWS_EXPORT,
    "data readings": Action.REVIEWS_EXPORT,
    "erase": Action.PATIENT_ERASE,
    "audit list": Action.AUDIT_EXPORT,
    "audit verify": Action.AUDIT_VERIFY,
}
"""Commands that work with what an installation keeps, each with the action that it is."""

_DEED_BY = {"regrade": "since", "concordance": "model", "constancy": "accept"}
"""The option without which a command is no such action: it shows figures, of no film or person."""

NOT_AUDITED = frozenset(
    {
        *("serve", "listen", "work"),  # they say themselves when they begin and end
        *(
            "check",
            "advisories",
            "info",
            "dossier",
            "monitor",
            "monitor show",
            "readers list",
        ),  # they show no film and no person
        *(
            "score",
            "fleet score",
            "route",
            "mercure",
            "problem open",
        ),  # they work with the caller's own files
    }
)

_TOLD = ("name", "role", "project", "model", "folder", "destination", "since", "dry_run")
"""Parameters that say what a command was about; others may quote a patient."""

_IDS = ("ids", "id")
_OF_FILMS = (
    Action.JOB_RETRY,
    Action.RESULT_REPLAY,
    Action.PROBLEM_REPORT,
    Action.RESULT_WITHDRAW,
    Action.FILM_INCLUDE,
    Action.FILM_EXCLUDE,
)
"""Actions whose ids are of films."""


@contextmanager
def recorded(context: click.Context, settings: Settings, user: str) -> Iterator[None]:
    """Record at the end of the ``with`` block what a command did, if it is such an action."""
    action = _action_of(context)
    if action is None:
        yield
        return
    try:
        yield
    except click.exceptions.Exit:
        _record(settings, _events(action, context.params, user, "success"))
        raise
    except BaseException as error:
        _record(settings, _events(action, context.params, user, _outcome(error)))
        raise
    _record(settings, _events(action, context.params, user, "success"))


def _action_of(context: click.Context) -> Action | None:
    """Return the action that a command is, None where it only looks."""
    path = path_of(context)
    option = _DEED_BY.get(path)
    is_deed = option is None or context.params.get(option)
    return AUDITED.get(path) if is_deed else None


def path_of(context: click.Context) -> str:
    """Return a command as it is typed after ``radiograde``."""
    names: list[str] = []
    here: click.Context | None = context
    while here is not None and here.parent is not None:
        names.insert(0, here.command.name or "")
        here = here.parent
    return " ".join(names)


def _record(settings: Settings, events: Iterable[AuditEvent]) -> None:
    from radiograde.service.audit.subjects import open_audit_log
    from radiograde.service.database.engine import has_database, open_database

    try:
        if not has_database(settings):
            return
        with (
            closing(open_database(settings, create=False)) as database,
            closing(open_audit_log(settings, database)) as audit,
        ):
            for event in events:
                audit.note(event)
    except StoreError as error:
        click.echo(f"The audit trail was not written. {error.message}", err=True)


def _events(
    action: Action, params: Mapping[str, Any], user: str, outcome: Outcome
) -> Iterator[AuditEvent]:
    actor = Actor(params.get("by") or user, "command", socket.gethostname())
    detail: Detail = {name: str(params[name]) for name in _TOLD if params.get(name)}
    named = _IDS if action in _OF_FILMS else ()
    given = next((params[name] for name in named if params.get(name)), ())
    ids: Sequence[str | None] = [given] if isinstance(given, str) else list(given) or [None]
    for id in ids:
        yield AuditEvent(action, actor, id, outcome, detail=detail)


def _outcome(error: BaseException) -> Outcome:
    is_refused = isinstance(error.__cause__, NotAllowedError | SignInFailedError)
    return "refused" if is_refused else "failed"
