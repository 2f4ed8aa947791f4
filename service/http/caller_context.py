"""Who a request comes from: a session, a key, or somebody at this very computer."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from starlette.requests import Request

from radiograde.service.auth.access import Access
from radiograde.service.auth.principal import LOCAL, Principal
from radiograde.service.auth.session_repository import Session
from radiograde.service.config.settings import Settings
from radiograde.service.http.cookie import token_of
from radiograde.service.http.request_origin import is_local

UNATTENDED = "X-Unattended"
"""The page sends it with what it asks by itself, while nobody touches it."""


@dataclass(frozen=True, slots=True)
class CallerContext:
    """Who calls, None for nobody known; ``session`` and its ``token`` where that is why."""

    principal: Principal | None
    session: Session | None = None
    token: str | None = None


def caller_context_of(request: Request, access: Access, settings: Settings) -> CallerContext:
    """Return who a request comes from.

    First the session of its cookie; then the key, as ``Authorization: Bearer KEY`` or as the
    password of ``Basic``. As long as there is neither a user nor a key: LOCAL for whoever plainly
    sits at this computer, or for everybody where the settings allow that.

    Raises:
        StoreError: the database does not answer.
    """
    token = token_of(request, settings)
    session = access.sessions.find(token, attended=_is_attended(request)) if token else None
    if session is not None:
        return CallerContext(session.principal, session, token)
    key = _key_of(request.headers.get("authorization", ""))
    machine = access.keys.find(key) if key else None
    if machine is not None:
        return CallerContext(machine)
    open_to_caller = settings.allow_insecure or is_local(request.headers, settings)
    return CallerContext(LOCAL if open_to_caller and not access.is_guarded() else None)


def _is_attended(request: Request) -> bool:
    """Return whether somebody sits before the page; a stream of events comes back by itself."""
    headers = request.headers
    return UNATTENDED not in headers and headers.get("accept") != "text/event-stream"


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
