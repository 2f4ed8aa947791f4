"""The cookies of the page: a session's token, and by what a device is known when one signs in."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from radiograde.service.auth.credentials import digest
from radiograde.service.auth.principal import tidy
from radiograde.service.config.settings import Settings

COOKIE = "radiograde"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Browsers take a cookie of this name only by TLS, from this very host, for all of its paths:
RFC 6265bis section 4.1.3.2."""
DEVICE_COOKIE = f"{COOKIE}-device-"
"""With a digest of the user's name after it: several people sign in on one device."""
DEVICE_PATH = "/v1/session"
DEVICE_LIFE_S = 180 * 24 * 3600


def token_of(request: Request, settings: Settings) -> str | None:
    """Return the token of the caller's session, if one came along."""
    return request.cookies.get(_cookie(_is_secure(request, settings)))


def set_token(request: Request, answer: Response, settings: Settings, token: str) -> None:
    """Have the browser keep a session's token until it closes, out of reach of every script."""
    secure = _is_secure(request, settings)
    answer.set_cookie(
        _cookie(secure), token, path="/", secure=secure, httponly=True, samesite="strict"
    )


def drop_token(request: Request, answer: Response, settings: Settings) -> None:
    """Have the browser forget the token."""
    secure = _is_secure(request, settings)
    answer.delete_cookie(_cookie(secure), path="/", secure=secure, httponly=True, samesite="strict")


def device_of(request: Request, settings: Settings, name: str) -> str | None:
    """Return by what the caller's device is known as a user's, if it came along."""
    return request.cookies.get(_device_cookie(name, secure=_is_secure(request, settings)))


def set_device(
    request: Request, answer: Response, settings: Settings, user: str, device: str
) -> None:
    """Have the browser keep for half a year by what the device is known, for signing in alone."""
    secure = _is_secure(request, settings)
    answer.set_cookie(
        _device_cookie(user, secure=secure),
        device,
        max_age=DEVICE_LIFE_S,
        path=DEVICE_PATH,
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def _is_secure(request: Request, settings: Settings) -> bool:
    return settings.is_encrypted or request.url.scheme == "https"


def _cookie(secure: bool) -> str:
    return SECURE_COOKIE if secure else COOKIE


def _device_cookie(user: str, *, secure: bool) -> str:
    """Return the name; browsers take one with ``__Secure-`` by TLS alone."""
    name = f"{DEVICE_COOKIE}{digest(tidy(user))[:16]}"
    return f"__Secure-{name}" if secure else name
