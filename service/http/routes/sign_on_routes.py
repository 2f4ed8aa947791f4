"""``/v1/session/sign-on``: signing in at an OpenID provider, and being signed out by it.

Browsers are led through these; the page says what came of it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from radiograde.model.errors import NotFoundError
from radiograde.service.auth.provider import Attempt, Provider
from radiograde.service.auth.sign_on_error import SignOnError
from radiograde.service.errors import BadRequestError
from radiograde.service.http.audit_trail import refused
from radiograde.service.http.caller import AccessOfRequest, CallerContext, device_of_request, know
from radiograde.service.http.cookies import attempt_of, drop_attempt, set_attempt, set_token
from radiograde.service.http.runtime import Service

router = APIRouter(prefix="/v1/session/sign-on", include_in_schema=False)


@router.get("", operation_id="beginSignOn")
def begin(request: Request, access: AccessOfRequest, service: Service) -> Response:
    """Lead the browser to the provider; back to the page where that one does not answer."""
    provider, attempt = _provider(access), Attempt.new()
    try:
        answer = RedirectResponse(provider.address(attempt), 303)
    except SignOnError as error:
        return _to_page(provider, error)
    set_attempt(request, answer, service.settings, attempt.secret)
    return answer


@router.get("/callback", operation_id="signOn")
def come_back(request: Request, access: AccessOfRequest, service: Service) -> Response:
    """Take the provider's answer, once, and lead the browser to the page."""
    provider, settings = _provider(access), service.settings
    secret = attempt_of(request, settings)
    try:
        if secret is None:
            raise SignOnError("refused", "This browser did not begin to sign in.")
        token, session = access.sign_on.by_provider(
            Attempt(secret), dict(request.query_params), device_of_request(request)
        )
        know(request, CallerContext(session.principal, session))
        answer = _to_page(provider)
        set_token(request, answer, settings, token)
    except SignOnError as error:
        refused(request)
        answer = _to_page(provider, error)
    drop_attempt(request, answer, settings)
    return answer


@router.get("/end", operation_id="endSignOn")
def end(access: AccessOfRequest) -> Response:
    """Lead the browser to where the provider's own session ends, then back to the page."""
    provider = _provider(access)
    try:
        where = provider.sign_out_address()
    except SignOnError:
        where = None
    return RedirectResponse(where or provider.config.page_url, 303)


@router.get("/front-channel", operation_id="signOutByFrame")
def front_channel(access: AccessOfRequest, iss: str = "", sid: str = "") -> Response:
    """End a session as the provider's page asks: Front-Channel Logout 1.0, section 2."""
    access.sign_on.sign_out_by_frame(iss, sid)
    return Response(status_code=200)


@router.post("/back-channel", operation_id="signOutByProvider")
def back_channel(access: AccessOfRequest, logout_token: Annotated[str, Form()]) -> Response:
    """End sessions as the provider asks: Back-Channel Logout 1.0, section 2.5.

    Raises BadRequestError for a token that is not the provider's, or is over.
    """
    _provider(access)
    try:
        access.sign_on.sign_out_by_token(logout_token)
    except SignOnError as error:
        raise BadRequestError(error.message) from error
    return Response(status_code=200)


def _provider(access: AccessOfRequest) -> Provider:
    provider = access.sign_on.provider
    if provider is None:
        raise NotFoundError("People sign in here alone: the site file names no provider.")
    return provider


def _to_page(provider: Provider, error: SignOnError | None = None) -> RedirectResponse:
    """Return the way back to the page, which says why nobody is signed in."""
    why = "" if error is None else f"?sign_on={error.reason}"
    return RedirectResponse(f"{provider.config.page}/{why}", 303)
