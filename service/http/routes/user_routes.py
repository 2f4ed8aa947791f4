"""``/v1/users``: who may sign in, for administrators."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from radiograde.service.auth.credentials import Passwords, check_password
from radiograde.service.auth.principal import LONGEST_NAME, check_name
from radiograde.service.errors import AccountError
from radiograde.service.http.administration_schemas import Account, NewPassword, SiteUsers
from radiograde.service.http.caller import AccessOfRequest, Caller
from radiograde.service.http.problems import UNREADABLE_BODY, problems

router = APIRouter(prefix="/v1/users", tags=["administration"])
log = structlog.get_logger("radiograde.settings")

_CHANGED = {
    204: {"description": "Done"},
    **UNREADABLE_BODY,
    **problems(s422="The account cannot be had so", s503="The store is away"),
}


@router.get(
    "",
    operation_id="listUsers",
    summary="List who may sign in",
    responses={200: {"model": SiteUsers}, **problems(s503="The store is away")},
    response_class=Response,
)
def list_users(access: AccessOfRequest) -> Response:
    """Return every user, by name; nothing of their passwords."""
    users = [
        {"name": user.name, "role": user.role, "created": user.created.isoformat()}
        for user in access.users.all()
    ]
    return JSONResponse({"users": users})


@router.post(
    "",
    operation_id="addUser",
    summary="Add a user",
    status_code=204,
    responses=_CHANGED,
    response_class=Response,
)
def add_user(access: AccessOfRequest, caller: Caller, body: Account) -> Response:
    """Let somebody sign in; the first user is an administrator, or nobody could go on here."""
    if body.role != "administrator" and not access.users.has_administrator():
        raise AccountError("The first user has to be an administrator.")
    check_password(check_name(body.name), body.password)
    access.users.add(body.name, body.role, Passwords().hash(body.password))
    log.info("user_added", by=caller.name, role=body.role)
    return Response(status_code=204)


@router.post(
    "/password",
    operation_id="setPassword",
    summary="Set a user's password",
    status_code=204,
    responses=_CHANGED,
    response_class=Response,
)
def set_password(access: AccessOfRequest, caller: Caller, body: NewPassword) -> Response:
    """Set it, and sign the user out everywhere."""
    check_password(body.name, body.password)
    access.users.change_password(body.name, Passwords().hash(body.password))
    log.info("password_set", by=caller.name)
    return Response(status_code=204)


@router.delete(
    "",
    operation_id="removeUser",
    summary="Remove a user",
    status_code=204,
    responses={
        204: {"description": "Done"},
        **problems(s422="The account cannot be had so", s503="The store is away"),
    },
    response_class=Response,
)
def remove_user(
    access: AccessOfRequest,
    caller: Caller,
    name: Annotated[str, Query(min_length=1, max_length=LONGEST_NAME)],
) -> Response:
    """Remove the account and end its sessions; films assigned to it are nobody's again."""
    access.users.remove(name)
    log.info("user_removed", by=caller.name)
    return Response(status_code=204)
