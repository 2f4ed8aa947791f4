"""The cookie that holds a session's token: RFC 6265bis, with the prefix of its section 4.1.3.2."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from radiograde.service.config.settings import Settings

NAME = "radiograde"
SECURE_NAME = f"__Host-{NAME}"
"""Browsers take a cookie of this name only by TLS, from this very host, for all of its paths."""


def token_of(request: Request, settings: Settings) -> str | None:
    """Return the token that a request brings along; None where it brings none."""
    return request.cookies.get(_name(_is_secure(request, settings)))


def set_token(request: Request, answer: Response, settings: Settings, token: str) -> None:
    """Have the browser keep the token until it closes, out of reach of every script."""
    secure = _is_secure(request, settings)
    answer.set_cookie(
        _name(secure), token, path="/", secure=secure, httponly=True, samesite="strict"
    )


def drop_token(request: Request, answer: Response, settings: Settings) -> None:
    """Have the browser forget the token."""
    secure = _is_secure(request, settings)
    answer.delete_cookie(_name(secure), path="/", secure=secure, httponly=True, samesite="strict")


def _is_secure(request: Request, settings: Settings) -> bool:
    return settings.is_encrypted or request.url.scheme == "https"


def _name(secure: bool) -> str:
    return SECURE_NAME if secure else NAME
