"""What a route asks of its caller: to be known, and to have a role that may."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import Permission, Principal
from radiograde.service.auth.session_repository import Session
from radiograde.service.errors import CsrfError, NotAllowedError, SignInNeededError
from radiograde.service.http.caller_context import CallerContext, caller_context_of
from radiograde.service.http.openapi import Responses, problems
from radiograde.service.http.runtime import Service

CSRF_HEADER = "X-CSRF-Token"
REFUSALS: Responses = problems(
    s401="Nobody is signed in, and no API key came along",
    s403="The role does not allow it, or the session's token is missing",
)
"""What every guarded route may answer, for OpenAPI."""

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_IN_THE_DOCS = HTTPBearer(
    scheme_name="API key", description="`radiograde keys add` makes one.", auto_error=False
)


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


AccessOfRequest = Annotated[Access, Depends(_access)]


def _caller_context(request: Request, access: AccessOfRequest, service: Service) -> CallerContext:
    return caller_context_of(request, access, service.settings)


AnyCaller = Annotated[CallerContext, Depends(_caller_context)]
"""Whoever comes, known or not. Raises StoreError."""


def check_csrf(request: Request, session: Session | None) -> None:
    """Raise CsrfError for a change under a session that does not repeat the session's token."""
    if session is None or request.method in _SAFE_METHODS:
        return
    sent = request.headers.get(CSRF_HEADER, "")
    if not secrets.compare_digest(sent.encode(), session.csrf.encode()):
        raise CsrfError(f"Send the `csrf` of GET /v1/session as the header {CSRF_HEADER}.")


def _caller(
    request: Request, caller_context: AnyCaller, _: Annotated[object, Depends(_IN_THE_DOCS)]
) -> Principal:
    if caller_context.principal is None:
        raise SignInNeededError(
            "Sign in on the page, or send an API key as `Authorization: Bearer KEY`."
        )
    check_csrf(request, caller_context.session)
    return caller_context.principal


Caller = Annotated[Principal, Depends(_caller)]
"""Who calls. Raises SignInNeededError for nobody, CsrfError, StoreError."""


def permit(permission: Permission) -> Any:
    """Return a dependency that lets only callers through whose role has a permission.

    It raises NotAllowedError for the others, and what ``Caller`` raises.
    """

    def check(caller: Caller) -> None:
        if not caller.may(permission):
            raise NotAllowedError(
                f"The role {caller.role} may not {permission}. An administrator gives roles."
            )

    return Depends(check)
