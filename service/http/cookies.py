"""The cookies of the page: a session's token, what a device is known by, a sign-in elsewhere."""

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
ATTEMPT_COOKIE = f"{COOKIE}-sign-on"
ATTEMPT_PATH = "/v1/session/sign-on"
ATTEMPT_LIFE_S = 600
"""Time to sign in at the provider."""


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


def attempt_of(request: Request, settings: Settings) -> str | None:
    """Return the secret of a sign-in at the provider that this browser began."""
    return request.cookies.get(_attempt_cookie(secure=_is_secure(request, settings)))


def set_attempt(request: Request, answer: Response, settings: Settings, secret: str) -> None:
    """Have the browser keep the secret of a sign-in while it is at the provider.

    ``lax``, as it comes back by a link of another site.
    """
    secure = _is_secure(request, settings)
    answer.set_cookie(
        _attempt_cookie(secure=secure),
        secret,
        max_age=ATTEMPT_LIFE_S,
        path=ATTEMPT_PATH,
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def drop_attempt(request: Request, answer: Response, settings: Settings) -> None:
    """Have the browser forget the secret: it is good for one answer."""
    secure = _is_secure(request, settings)
    name = _attempt_cookie(secure=secure)
    answer.delete_cookie(name, ATTEMPT_PATH, secure=secure, httponly=True, samesite="lax")


def _is_secure(request: Request, settings: Settings) -> bool:
    return settings.is_encrypted or request.url.scheme == "https"


def _cookie(secure: bool) -> str:
    return SECURE_COOKIE if secure else COOKIE


def _attempt_cookie(*, secure: bool) -> str:
    return f"__Secure-{ATTEMPT_COOKIE}" if secure else ATTEMPT_COOKIE


def _device_cookie(user: str, *, secure: bool) -> str:
    """Return the name; browsers take one with ``__Secure-`` by TLS alone."""
    name = f"{DEVICE_COOKIE}{digest(tidy(user))[:16]}"
    return f"__Secure-{name}" if secure else name
