"""``/v1/keys``, ``/v1/sessions``: which machines come in, and who is signed in."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from radiograde.service.auth.key_repository import KeyTerms
from radiograde.service.auth.principal import tidy
from radiograde.service.http.account_schemas import (
    AccountName,
    KeyList,
    NewKey,
    NewKeyShown,
    SessionList,
)
from radiograde.service.http.caller import AccessOfRequest, Caller
from radiograde.service.http.problems import UNREADABLE_BODY, problems

router = APIRouter(prefix="/v1", tags=["accounts"])
log = structlog.get_logger("radiograde.access")

_CHANGED = {
    **UNREADABLE_BODY,
    **problems(
        s422="The account cannot be had so, or what was sent is not valid",
        s503="The store is away",
    ),
}
_AWAY = problems(s503="The store is away")


@router.get(
    "/keys",
    operation_id="listKeys",
    summary="List API keys",
    responses={200: {"model": KeyList}, **_AWAY},
    response_class=Response,
)
def list_keys(access: AccessOfRequest) -> Response:
    """Return every key's name, terms and last use; no key can be shown again."""
    listed = [
        {
            "name": key.name,
            "role": key.role,
            "scope": key.scope,
            "created": key.created.isoformat(),
            "expires": key.expires and key.expires.isoformat(),
            "used": key.used and key.used.isoformat(),
            "project": key.project,
        }
        for key in access.keys.all()
    ]
    return JSONResponse({"keys": listed})


@router.post(
    "/keys",
    operation_id="addKey",
    summary="Make an API key",
    status_code=201,
    responses={201: {"description": "Shown this once", "model": NewKeyShown}, **_CHANGED},
    response_class=Response,
)
def add_key(access: AccessOfRequest, caller: Caller, body: NewKey) -> Response:
    """Return the key, which nothing can show again."""
    scope = None if body.scope is None else frozenset(body.scope)
    key = access.keys.add(body.name, body.role, KeyTerms(body.days, scope, body.project))
    log.info("key_added", key=tidy(body.name), role=body.role, by=caller.name)
    return JSONResponse({"key": key}, 201)


@router.delete(
    "/keys",
    operation_id="removeKey",
    summary="Remove an API key",
    status_code=204,
    responses={204: {"description": "It opens nothing any more"}, **_CHANGED},
    response_class=Response,
)
def remove_key(
    access: AccessOfRequest, caller: Caller, name: Annotated[AccountName, Query()]
) -> Response:
    """Remove one."""
    access.keys.remove(name)
    log.info("key_removed", key=tidy(name), by=caller.name)
    return Response(status_code=204)


@router.get(
    "/sessions",
    operation_id="listSessions",
    summary="List who is signed in",
    responses={200: {"model": SessionList}, **_AWAY},
    response_class=Response,
)
def list_sessions(access: AccessOfRequest) -> Response:
    """Return every session that goes on, the last used first."""
    listed = [
        {
            "id": one.id,
            "user": one.user,
            "created": one.created.isoformat(),
            "seen": one.seen.isoformat(),
            "address": one.address,
        }
        for one in access.sessions.all()
    ]
    return JSONResponse({"sessions": listed})


@router.delete(
    "/sessions",
    operation_id="endSession",
    summary="Sign somebody out",
    status_code=204,
    responses={204: {"description": "The session has ended"}, **_CHANGED},
    response_class=Response,
)
def end_session(
    access: AccessOfRequest, caller: Caller, id: Annotated[str, Query(max_length=64)]
) -> Response:
    """End a session, at once."""
    access.sessions.end(id)
    log.info("session_ended", by=caller.name)
    return Response(status_code=204)
