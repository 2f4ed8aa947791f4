"""The one place where what is asked over HTTP enters the audit trail, by ``audited_routes``."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from radiograde.service.audit.action import MEANINGS, Action
from radiograde.service.audit.audit_event import Actor, AuditEvent, Outcome
from radiograde.service.audit.audit_log import AuditLog
from radiograde.service.auth.principal import LOCAL, Principal
from radiograde.service.http.audited_routes import AUDITED, FILM_PATHS, PROJECT_PATHS
from radiograde.service.result_schema import ULID

ONCE_WITHIN_S = 600.0
"""A film that stays open is read once, however many requests its picture takes."""

MOST_REMEMBERED = 10_000

_FILMS = "audited_films"
_PATIENT = "audited_patient"
_ACTION = "audited_action"
_IS_REFUSED = "audited_as_refused"
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_REFUSED = (401, 403, 429)
_FAILED = 500


def concerns(request: Request, film_ids: Sequence[str] = (), *, patient: str | None = None) -> None:
    """Say which films, or whose pseudonym, a request is about that stand in no path."""
    setattr(request.state, _FILMS, list(film_ids))
    setattr(request.state, _PATIENT, patient)


def acts(request: Request, action: Action) -> None:
    """Say that a request of a route that is not audited does something, this once."""
    setattr(request.state, _ACTION, action)


def refused(request: Request) -> None:
    """Say that a request was refused, though its answer leads a browser on."""
    setattr(request.state, _IS_REFUSED, True)


class Recently:
    """Knows what was recorded a while ago; safe to share among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def is_new(self, what: Hashable) -> bool:
        """Return whether it was not asked for within the last minutes; from now on it was."""
        now = self._clock()
        with self._lock:
            while self._seen and (
                len(self._seen) > MOST_REMEMBERED
                or now - next(iter(self._seen.values())) > ONCE_WITHIN_S
            ):
                self._seen.popitem(last=False)
            if what in self._seen:
                return False
            self._seen[what] = now
            return True


@dataclass(frozen=True, slots=True)
class _Request:
    """What is known of a request once it is answered."""

    action: Action
    operation: str
    actor: Actor
    film_ids: Sequence[str]
    is_change: bool
    patient: str | None = None
    project: str | None = None


class AuditTrail:
    """Records what requests do: what changes something before it is answered, what reads beside."""

    def __init__(self, app: ASGIApp, audit: AuditLog) -> None:
        self._app = app
        self._audit = audit
        self._recently = Recently()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_audited(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                await self._record(scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_audited)
        except Exception:
            if not has_begun:
                await self._record(scope, _FAILED)
            raise

    async def _record(self, scope: Scope, status: int) -> None:
        asked = _asked(scope)
        if scope.get("state", {}).get(_IS_REFUSED):
            status = _REFUSED[0]
        outcome = None if asked is None else _outcome(asked, status)
        if asked is None or outcome is None:
            return
        for event in self._events(asked, outcome):
            if asked.is_change:
                await run_in_threadpool(self._audit.record, event)
            else:
                self._audit.note(event)

    def _events(self, asked: _Request, outcome: Outcome) -> Iterator[AuditEvent]:
        is_once = MEANINGS[asked.action].once or outcome == "refused"
        request_id = structlog.contextvars.get_contextvars().get("request_id")
        films: Sequence[str | None] = asked.film_ids or (None,)
        for film_id in films:
            key = (asked.action, asked.actor, outcome, film_id if outcome == "success" else None)
            if is_once and not self._recently.is_new(key):
                continue
            detail = {"operation": asked.operation}
            if asked.project is not None:
                detail["project"] = asked.project
            yield AuditEvent(
                asked.action,
                asked.actor,
                film_id,
                outcome,
                asked.patient,
                request_id=request_id,
                detail=detail,
            )


def _asked(scope: Scope) -> _Request | None:
    """Return what was asked; None for what is no action."""
    route = scope.get("route")
    operation = getattr(route, "operation_id", None)
    state = scope.get("state", {})
    action = state.get(_ACTION) or AUDITED.get(operation or "")
    if action is None or operation is None:
        return None
    template = str(getattr(route, "path", ""))
    named = state.get(_FILMS) or list(_in_path(scope, template, FILM_PATHS))
    films = () if action is Action.FILMS_LIST else named
    is_change = scope["method"] not in _SAFE_METHODS
    patient = state.get(_PATIENT)
    project = next(_in_path(scope, template, PROJECT_PATHS), None)
    return _Request(action, operation, _actor(scope, state), films, is_change, patient, project)


def _in_path(scope: Scope, template: str, paths: tuple[str, ...]) -> Iterator[str]:
    id = scope.get("path_params", {}).get("id", "")
    if template.startswith(paths) and re.fullmatch(ULID, id):
        yield id


def _actor(scope: Scope, state: dict[str, Any]) -> Actor:
    caller: Principal | None = state.get("caller")
    machine = scope["client"][0] if scope.get("client") else ""
    if caller is None:
        return Actor("", "unknown", machine)
    if caller == LOCAL:
        return Actor(caller.name, "local", machine)
    return Actor(caller.name, "key" if state.get("is_machine") else "person", machine)


def _outcome(asked: _Request, status: int) -> Outcome | None:
    """Return how it went; None where nothing was shown and nothing was changed."""
    if status in _REFUSED:
        return "refused"
    is_kept = asked.action in (Action.FILM_SCORE, Action.FILM_STORE) and bool(asked.film_ids)
    if status < 400 or is_kept:
        return "success"
    return "failed" if status >= _FAILED and asked.is_change else None
