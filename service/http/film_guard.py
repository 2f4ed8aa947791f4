"""Which films a request may be about: the one place where that is decided.

A film that the caller may not see is asked for under an id that no film has. So the answer is that
of a film which is not there, in its words and in the time that it takes, whatever the route.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from radiograde.service.auth.principal import Principal
from radiograde.service.database.engine import Database
from radiograde.service.errors import NotAllowedError
from radiograde.service.http.caller import Caller, decision_of
from radiograde.service.http.decisions import Decision
from radiograde.service.http.runtime import Service
from radiograde.service.projects.film_access import FilmAccess, film_access
from radiograde.service.result_schema import ULID

NOTHING = "0" * 26
"""An id of the right form that nothing has: ids begin with the time of their making."""


def access_of_request(request: Request, caller: Principal) -> FilmAccess:
    """Return the films that a request may be about. Raises NotAllowedError."""
    decision = decision_of(request)
    return film_access(caller, decision.in_pool, decision.in_project)


async def _access(request: Request, caller: Caller) -> FilmAccess:
    return access_of_request(request, caller)


Films = Annotated[FilmAccess, Depends(_access)]
"""The films that a request may be about. Raises NotAllowedError, and what ``Caller`` raises."""


async def _guard(request: Request, caller: Caller, service: Service) -> None:
    """Raise NotAllowedError; have what the caller may not see not be found."""
    decision, id = decision_of(request), request.path_params.get("id", "")
    if decision.subject == "film":
        access = access_of_request(request, caller)
        if access.is_limited and re.fullmatch(ULID, id):
            database = service.records.database
            is_found = await run_in_threadpool(_finds, database, caller, access, id)
            _hide(request, unless=is_found)
    elif decision.subject == "project":
        _hide(request, unless=_may_enter(caller, decision, id))


def _finds(database: Database, caller: Principal, access: FilmAccess, film_id: str) -> bool:
    """Return whether a film is within an access.

    Raises:
        NotAllowedError: the caller sees the film, and may not do this with it.
    """
    if access.has(database, film_id):
        return True
    if FilmAccess(caller.projects_that("read")).has(database, film_id):
        raise NotAllowedError("Your role in the project of this film does not allow it.")
    return False


def _may_enter(caller: Principal, decision: Decision, project: str) -> bool:
    """Return whether a project is there for somebody.

    Raises:
        NotAllowedError: the caller is in it, and may not do this.
    """
    if caller.may(decision.in_pool):
        return True
    if decision.in_project is not None and project in caller.projects_that(decision.in_project):
        return True
    if any(one.project == project for one in caller.memberships):
        raise NotAllowedError("Your role in this project does not allow it.")
    return False


def _hide(request: Request, *, unless: bool) -> None:
    if not unless:
        request.scope["path_params"] = {**request.path_params, "id": NOTHING}


guard: Any = Depends(_guard)
"""A dependency of every guarded route."""
