"""Who calls a route: a session, a key, or somebody at this computer; and what they may do."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import LOCAL, Permission, Principal, tidy
from radiograde.service.auth.session_repository import Device, Session
from radiograde.service.auth.throttle import client_network
from radiograde.service.config.settings import Settings
from radiograde.service.errors import CsrfError, NotAllowedError, SignInNeededError
from radiograde.service.http.cookies import token_of
from radiograde.service.http.decisions import DECISIONS, Decision
from radiograde.service.http.places import Holder
from radiograde.service.http.problems import Responses, problems
from radiograde.service.http.proxy_user import proxy_user_of
from radiograde.service.http.request_origin import is_local
from radiograde.service.http.runtime import Service

CSRF_HEADER = "X-CSRF-Token"
UNATTENDED_HEADER = "X-Unattended"
"""The page sends it with what it asks by itself, while nobody touches it."""

REFUSALS: Responses = problems(
    s401="Nobody is signed in, and no API key came along",
    s403="The role does not allow it, or the session's token is missing",
)
"""What every guarded route may answer, for OpenAPI."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_IN_THE_DOCS = HTTPBearer(
    scheme_name="API key", description="`radiograde keys add` makes one.", auto_error=False
)


@dataclass(frozen=True, slots=True)
class CallerContext:
    """Who calls, None for nobody known; ``session`` and its ``token`` where that is why."""

    principal: Principal | None
    session: Session | None = None
    token: str | None = None

    @property
    def is_machine(self) -> bool:
        """Whether an API key came along: neither a person at the page nor nobody known."""
        return self.principal not in (None, LOCAL) and self.session is None


def check_csrf(request: Request, session: Session | None) -> None:
    """Raise CsrfError for a change under a session that does not repeat the session's token."""
    if session is None or request.method in _SAFE_METHODS:
        return
    sent = request.headers.get(CSRF_HEADER, "")
    if not secrets.compare_digest(sent.encode(), session.csrf.encode()):
        raise CsrfError(f"Send the `csrf` of GET /v1/session as the header {CSRF_HEADER}.")


async def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


AccessOfRequest = Annotated[Access, Depends(_access)]


def find_caller(
    request: Request, access: Access, settings: Settings, *, attended: bool
) -> CallerContext:
    """Return who a request comes from; ``attended``: it prolongs a session.

    First the session of its cookie; then the key, as ``Authorization: Bearer KEY`` or as the
    password of ``Basic``. As long as there is neither a user nor a key: LOCAL for whoever plainly
    sits at this computer, or for everybody where the settings allow that.
    """
    token = token_of(request, settings)
    browser = device_of_request(request).browser
    found = access.sessions.find(token, attended=attended, browser=browser) if token else None
    session = found if found is not None and _comes_as_signed_in(request, found) else None
    if session is not None:
        return CallerContext(session.principal, session, token)
    key = _key_of(request.headers.get("authorization", ""))
    machine = access.keys.find(key) if key else None
    if machine is not None:
        return CallerContext(machine)
    open_to_caller = settings.allow_insecure or is_local(request.headers, settings)
    return CallerContext(LOCAL if open_to_caller and not access.is_guarded() else None)


def _context(request: Request, access: AccessOfRequest, service: Service) -> CallerContext:
    return find_caller(request, access, service.settings, attended=_is_attended(request))


AnyCaller = Annotated[CallerContext, Depends(_context)]
"""Whoever comes, known or not. Raises StoreError."""


async def _caller(
    request: Request, context: AnyCaller, _: Annotated[object, Depends(_IN_THE_DOCS)]
) -> Principal:
    if context.principal is None:
        raise SignInNeededError(
            "Sign in on the page, or send an API key as `Authorization: Bearer KEY`."
        )
    check_csrf(request, context.session)
    know(request, context)
    return context.principal


def know(request: Request, context: CallerContext) -> None:
    """Note on a request who calls, for its log and for the audit trail."""
    request.state.caller = context.principal
    request.state.is_machine = context.is_machine


Caller = Annotated[Principal, Depends(_caller)]
"""Who calls. Raises SignInNeededError for nobody, CsrfError, StoreError."""


def device_of_request(request: Request) -> Device:
    """Return from where a request comes, and what the browser calls itself."""
    address = request.client.host if request.client else ""
    return Device(address, request.headers.get("user-agent", ""))


def _comes_as_signed_in(request: Request, session: Session) -> bool:
    """Return whether the proxy that signed somebody in still names the same."""
    if session.source != "proxy":
        return True
    named = proxy_user_of(request)
    return named is not None and tidy(named.name) == session.principal.name


def sender_of(request: Request) -> str | None:
    """Return who sends a film: the name of a key or user, the address where nobody is known."""
    caller: Principal | None = getattr(request.state, "caller", None)
    if caller is not None and caller != LOCAL:
        return caller.name
    return request.client.host if request.client else None


async def holder_of(request: Request, caller: Caller) -> Holder:
    """Return for whom a place is held: the caller, and where the call comes from."""
    address = request.client.host if request.client else ""
    return Holder(caller.name, client_network(address))


PlaceHolder = Annotated[Holder, Depends(holder_of)]


def decision_of(request: Request) -> Decision:
    """Return what is decided of the operation that a request asks for.

    Raises:
        NotAllowedError: nothing is, so that it opens to nobody.
    """
    decision = DECISIONS.get(getattr(request.scope.get("route"), "operation_id", None) or "")
    if decision is None:
        raise NotAllowedError("Nobody may ask for this: nothing is decided of it.")
    return decision


def permit(permission: Permission) -> Any:
    """Return a dependency that lets only callers through whose role has a permission.

    A role in a project stands for it where it opens the operation; of which films, or of which
    project, is decided in ``film_guard``. It raises NotAllowedError for the others, and what
    ``Caller`` raises.
    """

    async def check(request: Request, caller: Caller) -> None:
        in_project = decision_of(request).in_project
        if not caller.may(permission) and not (in_project and caller.projects_that(in_project)):
            raise NotAllowedError(
                f"The role {caller.role} may not {permission}. An administrator gives roles."
            )

    return Depends(check)


def _is_attended(request: Request) -> bool:
    """Return whether somebody sits before the page; a stream of events comes back by itself."""
    headers = request.headers
    return UNATTENDED_HEADER not in headers and headers.get("accept") != "text/event-stream"


def _key_of(authorization: str) -> str | None:
    """Return the key in an Authorization header, RFC 6750 section 2.1 and RFC 7617 section 2."""
    scheme, _, credentials = authorization.partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "bearer":
        return credentials
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return None
