"""``/v1/session``: who the caller is, signing in and out."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from radiograde.service.audit.action import Action
from radiograde.service.auth.principal import LOCAL, Principal
from radiograde.service.auth.project_role import PROJECT_PERMISSIONS
from radiograde.service.config.settings import Identifiers
from radiograde.service.config.sign_in_elsewhere import OidcConfig
from radiograde.service.http.audit_trail import acts
from radiograde.service.http.caller import (
    AccessOfRequest,
    AnyCaller,
    CallerContext,
    check_csrf,
    device_of_request,
    know,
)
from radiograde.service.http.cookies import device_of, drop_token, set_device, set_token
from radiograde.service.http.problems import UNREADABLE_BODY, problems
from radiograde.service.http.proxy_user import proxy_user_of
from radiograde.service.http.read_first import reads_first
from radiograde.service.http.runtime import Runtime, Service
from radiograde.service.http.schemas import OwnProject, ProviderSignOn, Session, SignIn, User
from radiograde.service.projects.project_repository import ProjectRepository

router = APIRouter(prefix="/v1/session", tags=["session"])


@router.get(
    "",
    operation_id="getSession",
    summary="Return who the caller is",
    responses={
        200: {"model": Session},
        **problems(s401="The proxy names somebody without a role", s503="The store is away"),
    },
    response_class=Response,
)
def get_session(
    request: Request, caller: AnyCaller, access: AccessOfRequest, service: Service
) -> Response:
    """Return the user, or none; strangers are answered too.

    Whom a trusted proxy names is signed in by this.
    """
    named = proxy_user_of(request)
    if caller.principal is not None or named is None:
        return JSONResponse(_session(caller, service))
    acts(request, Action.SIGN_IN)
    device = device_of_request(request)
    token, session = access.sign_on.by_proxy(named.name, named.groups, device)
    signed_in = CallerContext(session.principal, session)
    know(request, signed_in)
    answer = JSONResponse(_session(signed_in, service))
    set_token(request, answer, service.settings, token)
    return answer


@router.post(
    "",
    operation_id="signIn",
    summary="Sign in",
    responses={
        200: {"model": Session},
        **UNREADABLE_BODY,
        **problems(
            s401="Name or password is wrong",
            s422="The name or the password is missing",
            s429="That happened too often; Retry-After says when to come back",
            s503="Too many sign in at the same time, or the store is away",
        ),
    },
    response_class=Response,
)
async def sign_in(
    request: Request, asked: SignIn, access: AccessOfRequest, service: Service
) -> Response:
    """Return the same document and a cookie that holds until the browser closes.

    Another cookie makes the device known: failures elsewhere do not hold it up.
    """
    settings = service.settings
    here = device_of_request(request)
    known = device_of(request, settings, asked.name)
    signed_in = await access.password_sign_in.sign_in(
        asked.name, asked.password, here.address, known, here.browser
    )
    caller = CallerContext(signed_in.session.principal, signed_in.session)
    know(request, caller)
    answer = JSONResponse(_session(caller, service))
    set_token(request, answer, settings, signed_in.token)
    set_device(request, answer, settings, signed_in.session.principal.name, signed_in.device)
    return answer


@router.delete(
    "",
    operation_id="signOut",
    summary="Sign out",
    status_code=204,
    responses=problems(s403="The session's token is missing", s503="The store is away"),
    response_class=Response,
)
def sign_out(
    request: Request, caller: AnyCaller, access: AccessOfRequest, service: Service
) -> Response:
    """End the session, if there is one."""
    check_csrf(request, caller.session)
    know(request, caller)
    if caller.session is not None and caller.token is not None:
        access.password_sign_in.sign_out(caller.token, caller.session)
    answer = Response(status_code=204, headers={"Clear-Site-Data": '"cache"'})
    drop_token(request, answer, service.settings)
    return answer


def _session(caller: CallerContext, service: Runtime) -> dict[str, object]:
    return Session(
        sign_in=caller.principal != LOCAL,
        user=None if caller.principal is None else _user(caller.principal, service),
        csrf=None if caller.session is None else caller.session.csrf,
        identifiers=_identifiers(caller, service),
        reads_first=reads_first(service, caller),
        sign_on=_sign_on(caller, service.settings.oidc),
    ).to_json()


def _sign_on(caller: CallerContext, provider: OidcConfig | None) -> ProviderSignOn | None:
    """Return the provider, to whoever is not signed in or came by it."""
    came_by_it = caller.session is not None and caller.session.source == "oidc"
    if provider is None or not (caller.principal is None or came_by_it):
        return None
    return ProviderSignOn(label=provider.label or urlsplit(provider.issuer).hostname or "")


_OF_FILMS: tuple[Literal["read", "review", "deliver"], ...] = ("read", "review", "deliver")
"""What the page offers beside a film; the rest is of the installation."""


def _user(principal: Principal, service: Runtime) -> User:
    own = _own_projects(principal, service)
    in_projects = {one for one in _OF_FILMS if principal.projects_that(one)}
    return User(
        name=principal.name,
        role=principal.role,
        permissions=sorted(principal.permissions | in_projects),
        pool=principal.may("read"),
        names=_names_patients(principal),
        projects=own,
    )


def _own_projects(principal: Principal, service: Runtime) -> list[OwnProject]:
    roles = {one.project: one.role for one in principal.memberships}
    if not roles:
        return []
    return [
        OwnProject(
            id=project.id,
            name=project.name,
            role=roles[project.id],
            permissions=sorted(PROJECT_PERMISSIONS[roles[project.id]]),
        )
        for project in ProjectRepository(service.records.database).all(roles)
    ]


def _identifiers(caller: CallerContext, service: Runtime) -> Identifiers:
    """Return how much of a patient's identity the page shows to somebody."""
    principal = caller.principal
    sees = principal is not None and (principal.may("read") or principal.projects_that("read"))
    if principal is not None and sees and not _names_patients(principal):
        return "none"
    return service.settings.identifiers


def _names_patients(principal: Principal) -> bool:
    return principal.may("read") or bool(principal.projects_that("identify"))
