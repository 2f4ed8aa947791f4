"""``/v1/users``: who may sign in, for administrators and managers.

A manager makes, changes and removes no administrator.
"""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from radiograde.service.auth.access import Access
from radiograde.service.auth.credentials import Passwords, check_password
from radiograde.service.auth.principal import Principal, check_name, tidy
from radiograde.service.errors import AccountError, NotAllowedError
from radiograde.service.http.account_schemas import AccountName
from radiograde.service.http.administration_schemas import Account, NewPassword, NewRole, SiteUsers
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
        {
            "name": user.name,
            "role": user.role,
            "source": user.source,
            "created": user.created.isoformat(),
        }
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
    _check_may_give(caller, body.role)
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
    _check_may_touch(access, caller, body.name)
    check_password(body.name, body.password)
    access.users.change_password(body.name, Passwords().hash(body.password))
    log.info("password_set", by=caller.name)
    return Response(status_code=204)


@router.post(
    "/role",
    operation_id="setRole",
    summary="Set a user's role",
    status_code=204,
    responses=_CHANGED,
    response_class=Response,
)
def set_role(access: AccessOfRequest, caller: Caller, body: NewRole) -> Response:
    """Set it, from the next request on. Nobody changes his own role."""
    _check_may_touch(access, caller, body.name)
    _check_may_give(caller, body.role)
    if tidy(body.name) == caller.name:
        raise NotAllowedError("Have somebody else change your own role.")
    access.users.change_role(body.name, body.role)
    log.info("role_set", by=caller.name, role=body.role)
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
    name: Annotated[AccountName, Query()],
) -> Response:
    """Remove the account and end its sessions; films assigned to it are nobody's again."""
    _check_may_touch(access, caller, name)
    access.users.remove(name)
    log.info("user_removed", by=caller.name)
    return Response(status_code=204)


def _check_may_touch(access: Access, caller: Principal, name: str) -> None:
    """Raise NotAllowedError where a manager would change an administrator."""
    user = access.users.find(name)
    if user is not None:
        _check_may_give(caller, user.role)


def _check_may_give(caller: Principal, role: str) -> None:
    if role == "administrator" and not caller.may("administer"):
        raise NotAllowedError("Only administrators make, change or remove administrators.")
